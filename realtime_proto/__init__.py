"""Live voice conversations with language models, sans I/O: no network, no clock, no chance."""
