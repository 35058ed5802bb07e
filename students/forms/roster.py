"""The forms of the import page."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from students.roster.report import Report

MOST_BYTES = 200 * 2**20


class UploadForm(forms.Form):
    """One zip of CSV files."""

    roster = forms.FileField(
        label="Roster, a zip file",
        help_text="OneRoster 1.1 or 1.2 CSV and our own files, zipped together. At most 200 MB.",
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
    )

    def clean_roster(self) -> "UploadedFile[bytes]":
        roster: UploadedFile[bytes] = self.cleaned_data["roster"]
        if (roster.size or 0) > MOST_BYTES:
            raise forms.ValidationError("This file is larger than 200 MB. Import it with ./run manage import_roster.")
        return roster


class ConfirmForm(forms.Form):
    """What a person must say before a checked roster is imported: only what the check found is asked."""

    skips_bad_rows = forms.BooleanField(label="Leave the bad rows out and import the rest", required=False)
    allows_removals = forms.BooleanField(label="Yes, these people have left", required=False)

    def __init__(self, data: Any = None, *, report: Report) -> None:
        super().__init__(data)
        if not report.bad_row_count:
            del self.fields["skips_bad_rows"]
        if not report.removals:
            del self.fields["allows_removals"]
        for field in self.fields.values():
            field.required = True
            field.error_messages["required"] = "Tick this to go on, or mend the files and upload them again."
