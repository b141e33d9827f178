//! Logins and the SFTP subsystem.

use std::borrow::Cow;

use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, Response};
use russh::{Channel, ChannelId};

use super::serve::Files;
use super::{Plan, Shared, Silence, USER, locked};

/// A connection.
pub(super) struct Session {
    shared: Shared,
    channel: Option<Channel<Msg>>,
}

impl Session {
    pub(super) fn new(shared: Shared) -> Self {
        Self { shared, channel: None }
    }

    /// Judges a login.
    async fn judge(&self, how: &str, user: &str, right: impl Fn(&Plan) -> bool) -> Auth {
        let (right, silent) = {
            let mut state = locked(&self.shared);
            state.log.logins.push(how.to_owned());
            (right(&state.plan), state.plan.silence == Some(Silence::LoggingIn))
        };
        if silent {
            std::future::pending::<()>().await;
        }
        if right && user == USER { Auth::Accept } else { Auth::reject() }
    }
}

impl Handler for Session {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        Ok(self.judge("password", user, |plan| plan.password.as_deref() == Some(password)).await)
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        let Some(mut response) = response else {
            let prompts = vec![(Cow::Borrowed("Password: "), false)];
            return Ok(Auth::Partial { name: "".into(), instructions: "".into(), prompts: prompts.into() });
        };
        let answer = response.next().unwrap_or_default();
        let right = |plan: &Plan| plan.answer.as_ref().is_some_and(|right| right.as_bytes() == &answer[..]);
        Ok(self.judge("keyboard-interactive", user, right).await)
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        self.channel = Some(channel);
        reply.accept().await;
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        name: &str,
        session: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        let offered = name == "sftp" && !locked(&self.shared).plan.no_sftp;
        match self.channel.take().filter(|_| offered) {
            Some(channel) => {
                session.channel_success(id)?;
                russh_sftp::server::run(channel.into_stream(), Files::new(self.shared.clone())).await;
                Ok(())
            }
            None => session.channel_failure(id),
        }
    }
}
