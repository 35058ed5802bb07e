"""Where a roster comes from: a folder or a zip of CSV files, read as streams."""

import codecs
import csv
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path, PurePosixPath
from typing import IO

from students.roster.report import RosterError

MOST_BYTES = 4 * 2**30  # Unpacked: twice what a state's largest district sends.
BLOCK = 1 << 20
LONGEST_ROW = 1 << 20  # Characters. A few MB of a zip can unpack to one line of gigabytes.
KNOWN_PACKING = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # LZMA takes what memory a file says it needs.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError)


class Files:
    """The CSV files of one roster by their name without ending, in lower case."""

    def __init__(
        self, openers: dict[str, Callable[[], IO[bytes]]], names: dict[str, str], sizes: dict[str, int]
    ) -> None:
        self._openers = openers
        self._names = names
        self._sizes = sizes
        self._encodings: dict[str, str] = {}
        self.notes: list[str] = []

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._openers

    def shown_name(self, name: str) -> str:
        return self._names.get(name.lower(), f"{name}.csv")

    def names(self) -> list[str]:
        return sorted(self._names.values())

    def size(self, name: str) -> int:
        return self._sizes[name.lower()]

    @contextmanager
    def open(self, name: str, *, told: Callable[[int], None] | None = None) -> Iterator[Iterator[list[str]]]:
        """Give the file's rows as lists of cells, whatever its encoding and line ends; `told` hears of bytes read."""
        if name not in self._encodings:
            self._encodings[name] = self._encoding(name)
        encoding = self._encodings[name]
        with self._openers[name.lower()]() as raw, TextIOWrapper(raw, encoding=encoding, newline="") as text:
            yield self._rows(name, text, told)

    def _rows(self, name: str, text: TextIOWrapper, told: Callable[[int], None] | None) -> Iterator[list[str]]:
        lines = _Lines(text, told)
        rows = csv.reader(lines)
        try:
            for row in rows:
                lines.of_this_row = 0
                yield row
        except _RowTooLong as error:
            reason = f"a row is longer than {LONGEST_ROW:,} characters"
            raise RosterError(
                f"{self.shown_name(name)}, after line {rows.line_num}, cannot be read: {reason}."
            ) from error
        except csv.Error as error:
            raise RosterError(f"{self.shown_name(name)}, line {rows.line_num}, cannot be read: {error}") from error
        except UnicodeDecodeError as error:
            reason = "it is neither UTF-8 nor Windows-1252"
            raise RosterError(
                f"{self.shown_name(name)}, after line {rows.line_num}, cannot be read: {reason}."
            ) from error

    def _encoding(self, name: str) -> str:
        """Return UTF-8, or Windows-1252 where the file is not UTF-8: Excel saves so, and names must not be lost."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        with self._openers[name.lower()]() as raw:
            block = raw.read(BLOCK)
            if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise RosterError(f"{self.shown_name(name)} is UTF-16. Save it as “CSV UTF-8” and import it again.")
            try:
                while block:
                    decoder.decode(block)
                    block = raw.read(BLOCK)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                note = f"{self.shown_name(name)} is not UTF-8. It was read as Windows-1252: check names with accents."
                self.notes.append(note)
                return "cp1252"
        return "utf-8-sig"


@contextmanager
def open_roster(source: Path | IO[bytes]) -> Iterator[Files]:
    """Open a folder, a zip file, or an uploaded zip. Raises RosterError where it is none of these."""
    if isinstance(source, Path) and source.is_dir():
        yield _folder(source)
        return
    if isinstance(source, Path) and not source.exists():
        raise RosterError(f"{source} is not there.")
    try:
        archive = zipfile.ZipFile(source)
    except zipfile.BadZipFile as error:
        raise RosterError("This is neither a folder nor a zip file of CSV files.") from error
    with archive:
        try:
            yield _archive(archive)
        except DAMAGED as error:
            raise RosterError("The zip is damaged. Make it again, or copy it again.") from error


def _folder(folder: Path) -> Files:
    found = [path for path in sorted(folder.iterdir()) if path.suffix.lower() == ".csv" and path.is_file()]
    if not found:
        raise RosterError(f"There are no CSV files in {folder}.")
    openers: dict[str, Callable[[], IO[bytes]]] = {path.stem.lower(): _opener(path) for path in found}
    names = {path.stem.lower(): path.name for path in found}
    return Files(openers, names, {path.stem.lower(): path.stat().st_size for path in found})


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _archive(archive: zipfile.ZipFile) -> Files:
    found = {}
    for info in archive.infolist():
        path = PurePosixPath(info.filename)
        if info.is_dir() or path.suffix.lower() != ".csv" or path.parts[0] == "__MACOSX" or path.name.startswith("."):
            continue
        stem = path.stem.lower()
        if stem in found:
            raise RosterError(f"The zip holds {path.name} twice.")
        if info.flag_bits & 1:
            raise RosterError("The zip is protected by a password. Save it without one.")
        if info.compress_type not in KNOWN_PACKING:
            raise RosterError(f"The zip holds {path.name} packed in an unusual way. Zip it again as an ordinary zip.")
        found[stem] = info
    if not found:
        raise RosterError("There are no CSV files in the zip.")
    if sum(info.file_size for info in found.values()) > MOST_BYTES:
        raise RosterError("Unpacked, the zip is larger than 4 GB.")
    openers = {stem: _member_opener(archive, info) for stem, info in found.items()}
    names = {stem: PurePosixPath(info.filename).name for stem, info in found.items()}
    return Files(openers, names, {stem: info.file_size for stem, info in found.items()})


def _member_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(info)


class _RowTooLong(Exception):  # noqa: N818 - said to a person by whoever knows the file
    pass


class _Lines:
    """The lines without NUL characters, which PostgreSQL cannot hold; `told` hears how much was read."""

    def __init__(self, text: TextIOWrapper, told: Callable[[int], None] | None) -> None:
        self._text, self._told = text, told
        self.of_this_row = 0  # A quoted cell may run over many lines.

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(LONGEST_ROW + 1):
            self.of_this_row += len(line)
            if self.of_this_row > LONGEST_ROW:
                raise _RowTooLong
            if self._told:
                self._told(len(line))
            yield line.replace("\0", "") if "\0" in line else line
