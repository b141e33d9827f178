//! Edge: the archive keeps each file as it was received, once per content, compressed and encrypted.
