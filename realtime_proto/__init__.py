"""Live voice conversations with language models, sans I/O: no networking, no clock, no randomness."""
