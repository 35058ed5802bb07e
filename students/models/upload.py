from typing import Self

from django.db import models

from students.access import Viewer, is_district_wide
from students.models.people import Staff


class RosterUploadQuerySet(models.QuerySet["RosterUpload"]):
    def visible_to(self, viewer: Viewer) -> Self:
        return self if is_district_wide(viewer) else self.none()


class UploadState(models.TextChoices):
    CHECKING = "checking", "Being checked"
    CHECKED = "checked", "Checked"
    IMPORTING = "importing", "Being imported"
    IMPORTED = "imported", "Imported"
    FAILED = "failed", "Not imported"


class RosterUpload(models.Model):
    """A roster that was uploaded on the import page, on its way through the worker: checked, shown, then imported."""

    file_name = models.CharField(max_length=255)
    content = models.BinaryField(null=True, blank=True, help_text="Only until it is imported or another one comes.")
    uploaded_by = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    uploaded_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=UploadState.choices, default=UploadState.CHECKING)
    state_since = models.DateTimeField()
    skips_bad_rows = models.BooleanField(default=False)
    allows_removals = models.BooleanField(default=False)
    report = models.JSONField(null=True, blank=True)
    bad_rows = models.TextField(blank=True, help_text="Every bad row, as CSV.")
    failure = models.TextField(blank=True)

    objects = RosterUploadQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.file_name}, {self.get_state_display()}"

    @property
    def is_running(self) -> bool:
        return self.state in {UploadState.CHECKING, UploadState.IMPORTING}
