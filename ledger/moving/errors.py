"""What is refused when books are moved or kept; wherever they should have come to, nothing has."""

from __future__ import annotations

from ledger.foundation.errors import Conflict, Invalid, Unavailable


class BooksMissing(Invalid):
    """There is no such file to read books from."""

    code = "books_missing"
    message = "There are no books in this place."


class SameBooks(Conflict):
    """Source and target are one database, or one is a part of the other."""

    code = "same_books"
    message = "Source and target are the same books."


class TargetNotEmpty(Conflict):
    """Books are only ever brought into a database that holds nothing."""

    code = "target_not_empty"
    message = "The target is not empty; books are brought into a new database only."


class TargetInUse(Conflict):
    """Somebody else is connected to the database that books are to be brought into."""

    code = "target_in_use"
    message = "The target is in use: stop the servers that work on it first."


class SchemaDiffers(Conflict):
    """The two databases are not at the schema of this version."""

    code = "schema_differs"
    message = "The schemas differ: run `tapledger db upgrade` on both databases."


class FileExists(Conflict):
    """A backup never takes the place of a file unless that is asked for."""

    code = "backup_file_exists"
    message = "There is such a file already; `--replace` would put the backup in its place."


class NotWhole(Conflict):
    """Books that do not hold are neither moved nor kept as if they did."""

    code = "books_not_whole"
    message = "The books do not hold."


class BackupDamaged(Invalid):
    """A file is no backup, or not a whole one any more."""

    code = "backup_damaged"
    message = "This is no backup, or not a whole one."


class MoveFailed(Unavailable):
    """Reading or writing broke off; what had been written so far was taken back."""

    code = "move_failed"
    message = "It could not be done to the end; the target is as it was."
