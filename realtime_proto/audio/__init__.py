"""Audio as bytes: whole samples out of any byte split, WAV files in memory."""
