//! The harness: an sshd with keys and a configuration of its own.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use leadq_sftp::{HostKeys, Login, SftpSettings};
use tempfile::TempDir;

/// The user of a server with a password.
pub(super) const USER: &str = "drops";
/// Its password.
pub(super) const PASSWORD: &str = "right";
/// The same, as `openssl passwd -6 -salt drops right` prints it.
const HASH: &str =
    "$6$drops$VC3pv94h7j7gAD5AwoWe/wWtXnrEr0jBNuEStclI192YLv7MQgUw.5qPcxqImyr8AM4xe.4QODxJ.wSpM7nYj0";

/// A running sshd.
pub(super) struct Sshd {
    /// Whether it has a user with a password.
    has_password: bool,
    /// Holds keys, configuration, and the folder that is served.
    folder: TempDir,
    child: Child,
    port: u16,
}

impl Sshd {
    /// Starts one whose host keys are of these kinds.
    pub(super) fn start(host_keys: &[&str]) -> Self {
        Self::start_as(host_keys, false)
    }

    /// Starts one that has the user [`USER`] with the password [`PASSWORD`], where that is possible: without PAM it
    /// reads `/etc/shadow`, so that takes root, and a mount namespace for one of its own.
    pub(super) fn start_with_password() -> Option<Self> {
        let possible = user() == "root"
            && Command::new("unshare").args(["-m", "true"]).status().is_ok_and(|it| it.success());
        possible.then(|| Self::start_as(&["ed25519"], true))
    }

    fn start_as(host_keys: &[&str], has_password: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for kind in host_keys {
            keygen(&folder.path().join(format!("host_{kind}")), kind, "");
        }
        fs::write(folder.path().join("authorized_keys"), "").unwrap();
        fs::create_dir(folder.path().join("drops")).unwrap();
        // Another process may take the port in between.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            configure(folder.path(), port, host_keys, has_password);
            let mut child = launch(folder.path(), has_password);
            if is_up(&mut child, port) {
                return Self { has_password, folder, child, port };
            }
        }
        panic!("sshd does not start: {}", fs::read_to_string(folder.path().join("log")).unwrap());
    }

    /// Ends it with all its connections, and starts it again in the same place.
    pub(super) fn restart(&mut self) {
        for child in children(self.child.id()) {
            // It may have ended with the one that it belongs to.
            let _ = Command::new("kill").args(["-9", &child.to_string()]).stderr(Stdio::null()).status();
        }
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = launch(self.folder.path(), self.has_password);
        assert!(is_up(&mut self.child, self.port));
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// A path in its folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a file into the folder that is served.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path("drops").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// A location in the folder that is served.
    pub(super) fn location(&self, path: &str) -> String {
        format!("sftp://127.0.0.1:{}{}{path}", self.port, self.path("drops").display())
    }

    /// Makes a key and lets it in.
    pub(super) fn key(&self, name: &str, kind: &str, passphrase: &str) -> PathBuf {
        let path = self.path(name);
        keygen(&path, kind, passphrase);
        let public = fs::read_to_string(path.with_extension("pub")).unwrap();
        let known = self.path("authorized_keys");
        fs::write(&known, fs::read_to_string(&known).unwrap() + &public).unwrap();
        path
    }

    /// The public host key of a kind, as it stands in a file of known hosts behind the name.
    pub(super) fn host_key(&self, kind: &str) -> String {
        fs::read_to_string(self.path(&format!("host_{kind}.pub"))).unwrap().trim().to_owned()
    }

    /// Its fingerprint, as OpenSSH tells it.
    pub(super) fn fingerprint(&self, kind: &str) -> String {
        fingerprint(&self.path(&format!("host_{kind}.pub")))
    }

    /// Settings that know the host key of a kind by its fingerprint, and log in with a fresh key.
    pub(super) fn settings(&self) -> SftpSettings {
        let path = self.path("id");
        if !path.exists() {
            self.key("id", "ed25519", "");
        }
        self.settings_with(Login::Key { path, passphrase: None })
    }

    pub(super) fn settings_with(&self, login: Login) -> SftpSettings {
        let host_keys = HostKeys::Fingerprints(vec![self.fingerprint("ed25519")]);
        SftpSettings {
            port: self.port,
            logins: vec![login],
            attempts: 1,
            first_pause: Duration::from_millis(10),
            ..SftpSettings::new("127.0.0.1", user(), host_keys)
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processes that a process has started, and theirs; each connection has its own.
fn children(of: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{of}/task/{of}/children")).unwrap_or_default();
    let own: Vec<u32> = text.split_whitespace().map(|id| id.parse().unwrap()).collect();
    let theirs = own.iter().flat_map(|child| children(*child));
    theirs.collect::<Vec<_>>().into_iter().chain(own).collect()
}

fn configure(folder: &Path, port: u16, host_keys: &[&str], has_password: bool) {
    let at = |name: &str| folder.join(name).display().to_string();
    let mut text = format!(
        "Port {port}\nListenAddress 127.0.0.1\nPidFile none\nUsePAM no\nStrictModes no\n\
         PasswordAuthentication {}\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n\
         AuthorizedKeysFile {}\nSubsystem sftp internal-sftp\nMaxStartups 100\nLogLevel ERROR\n",
        if has_password { "yes" } else { "no" },
        at("authorized_keys")
    );
    if has_password {
        let home = folder.display();
        let users = format!(
            "root:x:0:0::/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/bin/false\n{USER}:x:0:0::{home}:/bin/sh\n"
        );
        fs::write(folder.join("passwd"), users).unwrap();
        fs::write(folder.join("shadow"), format!("{USER}:{HASH}:19000:0:99999:7:::\n")).unwrap();
    }
    for kind in host_keys {
        text += &format!("HostKey {}\n", at(&format!("host_{kind}")));
    }
    fs::write(folder.join("sshd_config"), text).unwrap();
}

fn launch(folder: &Path, has_password: bool) -> Child {
    // Run as root, it wants an empty folder of this name.
    if user() == "root" {
        fs::create_dir_all("/run/sshd").unwrap();
    }
    let mut command = if has_password {
        let script = "mount --make-rprivate / && mount --bind \"$1/passwd\" /etc/passwd && \
                      mount --bind \"$1/shadow\" /etc/shadow && shift && exec \"$@\"";
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", script, "sh"]).arg(folder).arg(program("sshd"));
        command
    } else {
        Command::new(program("sshd"))
    };
    command.args(["-D", "-e", "-f"]).arg(folder.join("sshd_config"));
    let log = fs::File::create(folder.join("log")).unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

/// Whether it answers, as soon as it does.
fn is_up(child: &mut Child, port: u16) -> bool {
    for _ in 0..500 {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    false
}

/// Where a program of OpenSSH is; sshd wants to be called by its whole path.
pub(super) fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from);
    let found =
        std::env::split_paths(&path).chain(usual).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("{name} is missing: these tests need OpenSSH's client and server; run `cargo xtask setup`, or install openssh-server")
    })
}

/// The user that runs the tests.
pub(super) fn user() -> String {
    output(Command::new("id").arg("-un"))
}

pub(super) fn keygen(path: &Path, kind: &str, passphrase: &str) {
    let mut command = Command::new(program("ssh-keygen"));
    command.args(["-q", "-t", kind, "-N", passphrase, "-C", "", "-f"]).arg(path);
    if kind == "rsa" {
        command.args(["-b", "2048"]);
    }
    output(&mut command);
}

pub(super) fn fingerprint(path: &Path) -> String {
    let line = output(Command::new(program("ssh-keygen")).arg("-lf").arg(path));
    line.split(' ').nth(1).unwrap().to_owned()
}

/// What a program prints; it has to succeed.
pub(super) fn output(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
