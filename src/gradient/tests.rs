//! Structure of derivatives; their values are tested against the oracle in `tests/`.
