//! Linking as a whole, on leads and records made up at random.
