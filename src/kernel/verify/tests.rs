//! Programs and kernels that break a rule, and the words in which the verifier says so.

