//! Plans of small steps, printed.
