//! A mutator whose every run is the same.

/// Changes `input` in one to sixteen places.
pub fn mutate(input: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..[1, 1, 1, 2, 4, 16][random.usize(..6)] {
        if bytes.is_empty() {
            break;
        }
        let at = random.usize(..bytes.len());
        let count = random.usize(1..9).min(bytes.len() - at);
        match random.u8(..20) {
            0..8 => bytes[at] = random.u8(..),
            8..10 => bytes[at] ^= 1 << random.u8(..8),
            10..12 => bytes[at] = [0, 1, 0x0b, 0x7f, 0x80, 0xff][random.usize(..6)],
            12 => bytes.truncate(at),
            13 | 14 => drop(bytes.drain(at..at + count)),
            15 | 16 => insert(
                &mut bytes,
                at,
                &std::array::from_fn::<u8, 4, _>(|_| random.u8(..)),
            ),
            17 => {
                let copied = bytes[at..at + count].to_vec();
                let to = random.usize(..bytes.len());
                insert(&mut bytes, to, &copied);
            }
            // The largest number of 32 bits.
            18 => insert(&mut bytes, at, &[0xff, 0xff, 0xff, 0xff, 0x0f]),
            _ => {
                let end = (at + 5).min(bytes.len());
                bytes[at..end].copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0x07][..end - at]);
            }
        }
    }
    bytes
}

fn insert(bytes: &mut Vec<u8>, at: usize, inserted: &[u8]) {
    bytes.splice(at..at, inserted.iter().copied());
}
