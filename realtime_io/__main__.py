"""`python -m realtime_io`."""

from __future__ import annotations

from realtime_io.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
