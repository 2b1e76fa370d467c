//! A program and everything it starts, as one group that never outlives us.
//!
//! wrangler is a node process that starts another, which starts esbuild and two workerd. Killing the
//! first leaves the rest behind, so all of them share a process group and are signalled together. A
//! watchdog in the same group reads a pipe that only we hold open: when we die, by whatever cause,
//! the pipe closes and the watchdog kills the group. Unix only.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};

/// Runs "$@" with a watchdog beside it, which nothing but our end (or `kill -KILL`) ends, so that the
/// group's number stays taken for as long as we may signal it. The program must not hold our pipe.
const WITH_WATCHDOG: &str = r#"exec 3<&0 </dev/null
( trap '' HUP INT TERM; exec >/dev/null 2>&1; cat <&3; kill -KILL 0 ) &
exec 3<&-
exec "$@""#;

/// What a group has printed so far, line by line, shared with the threads that read it.
#[derive(Clone, Default)]
pub struct Log {
    lines: Arc<Mutex<Vec<String>>>,
}

impl Log {
    fn push(&self, line: String) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// Everything printed so far, standard output and standard error in the order they came.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }

    /// The lines printed so far that contain `needle`.
    #[must_use]
    pub fn lines_with(&self, needle: &str) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().filter(|line| line.contains(needle)).cloned().collect()
    }
}

/// Called with each line that a group prints, as it comes.
pub type OnLine = Arc<dyn Fn(&str) + Send + Sync>;

/// A running program with all its descendants. Dropping it kills them.
pub struct Group {
    leader: Child,
    /// Whether it was killed: from then on its number may be somebody else's.
    killed: bool,
    /// Held only so that it closes when we end: see the module's first lines.
    _watchdog: Option<ChildStdin>,
}

impl Group {
    /// Starts `command` as the leader of its own group. What it prints goes to `log` and `on_line`.
    ///
    /// # Errors
    /// When there is no shell to start it with. A program that is missing is the shell's exit 127.
    pub fn start(command: &Command, log: &Log, on_line: Option<OnLine>) -> Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", WITH_WATCHDOG, "sh"]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        if let Some(directory) = command.get_current_dir() {
            shell.current_dir(directory);
        }
        let mut leader = shell
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start sh")?;
        if let Some(stdout) = leader.stdout.take() {
            read_lines(stdout, log.clone(), on_line.clone());
        }
        if let Some(stderr) = leader.stderr.take() {
            read_lines(stderr, log.clone(), on_line);
        }
        let watchdog = leader.stdin.take();
        Ok(Self { leader, killed: false, _watchdog: watchdog })
    }

    /// How the leader ended, if it has.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.leader.try_wait().ok().flatten()
    }

    /// Asks the group to end (SIGTERM), gives it `patience`, then kills what is left.
    pub fn stop(&mut self, patience: Duration) {
        self.signal(Signal::TERM);
        let end = Instant::now() + patience;
        while self.exited().is_none() && Instant::now() < end {
            thread::sleep(Duration::from_millis(20));
        }
        self.kill();
    }

    /// Kills every process of the group at once (SIGKILL), as a crash of the machine would.
    pub fn kill(&mut self) {
        if self.killed {
            return;
        }
        self.signal(Signal::KILL);
        self.killed = true;
        // Only reaps the leader; an error means that it was reaped before.
        let _ = self.leader.wait();
    }

    fn signal(&self, signal: Signal) {
        // An error means that nobody is left.
        if let Some(group) = i32::try_from(self.leader.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

fn read_lines(from: impl Read + Send + 'static, log: Log, on_line: Option<OnLine>) {
    thread::spawn(move || {
        let mut reader = BufReader::new(from);
        let mut bytes = Vec::new();
        while matches!(reader.read_until(b'\n', &mut bytes), Ok(read) if read > 0) {
            let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            bytes.clear();
            if let Some(on_line) = &on_line {
                on_line(&line);
            }
            log.push(line);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_dies_with_its_grandchildren() {
        let log = Log::default();
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 300 & echo $!; wait"]);
        let mut group = Group::start(&command, &log, None).unwrap();
        let end = Instant::now() + Duration::from_secs(10);
        while log.text().is_empty() && Instant::now() < end {
            thread::sleep(Duration::from_millis(10));
        }
        let grandchild = Pid::from_raw(log.text().trim().parse().unwrap()).unwrap();
        assert!(rustix::process::test_kill_process(grandchild).is_ok());
        group.kill();
        while rustix::process::test_kill_process(grandchild).is_ok() && Instant::now() < end {
            thread::sleep(Duration::from_millis(10));
        }
        assert!(rustix::process::test_kill_process(grandchild).is_err(), "it outlived its group");
    }

    #[test]
    fn a_program_that_is_missing_is_told() {
        let log = Log::default();
        let mut group = Group::start(&Command::new("no-such-program-here"), &log, None).unwrap();
        let status = group.leader.wait().unwrap();
        assert_eq!(status.code(), Some(127));
    }
}
