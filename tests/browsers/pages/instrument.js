globalThis.__moxie_instrument = true;
