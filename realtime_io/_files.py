"""New files for their owner alone, written without a buffer: who is killed has lost nothing."""

from __future__ import annotations

import os

__all__ = ("NewFile", "make_file")


class NewFile:
    """A new file, open for writing. Every method raises OSError where it fails.

    Args:
        path: Nothing is there yet: FileExistsError if there is.

    Attributes:
        n_bytes: How much was appended.
    """

    def __init__(self, path: str) -> None:
        self.n_bytes: int = 0
        self._file = make_file(path)

    def append(self, data: bytes) -> None:
        """Write *data* at the end. Where that fails, a part of it may be there."""
        rest = memoryview(data)
        while rest:
            n_written = os.write(self._file, rest)
            self.n_bytes += n_written
            rest = rest[n_written:]

    def begin_with(self, data: bytes) -> None:
        """Write *data* over the beginning."""
        os.pwrite(self._file, data, 0)

    def cut(self, n_bytes: int) -> None:
        """Keep the first *n_bytes*."""
        os.ftruncate(self._file, n_bytes)
        os.lseek(self._file, n_bytes, os.SEEK_SET)
        self.n_bytes = n_bytes

    def close(self) -> None:
        """Close it; a network file system may say only here that it is full."""
        os.close(self._file)


def make_file(path: str) -> int:
    """A new file for its owner alone, open for writing. Raises OSError; FileExistsError if there
    is one.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
