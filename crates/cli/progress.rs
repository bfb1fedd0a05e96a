//! A progress bar over the stages of a job, seen on a terminal once the job takes longer than a second.

use crate::terminal::Terminal;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

pub(crate) struct Progress {
    bar: ProgressBar,
    /// Dropped when the job is done, which wakes the thread that waits to show the bar.
    _done: Sender<()>,
}

impl Progress {
    pub(crate) fn new(terminal: Terminal, stages: u64) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(stages), ProgressDrawTarget::hidden());
        let (done, waiting) = channel();
        if terminal.shows_progress() {
            let template = "{spinner} [{bar:20}] {msg}";
            let style = ProgressStyle::with_template(template).expect("the template is constant");
            bar.set_style(style);
            let bar = bar.clone();
            std::thread::spawn(move || {
                let job = waiting.recv_timeout(Duration::from_secs(1));
                if job == Err(RecvTimeoutError::Timeout) {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                    bar.enable_steady_tick(Duration::from_millis(100));
                }
            });
        }
        Progress { bar, _done: done }
    }

    /// The next stage begins.
    pub(crate) fn stage(&self, message: &'static str) {
        self.bar.inc(1);
        self.bar.set_message(message);
    }

    /// Everything is done: the bar goes away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
