//! Servers that misbehave: each file is what the server claims of it, or an error; nothing hangs.
