from django.db import models


class LinkTry(models.Model):
    """One answer sent from a family's page, kept for a minute: what the limits of that page count."""

    key = models.CharField(max_length=64, help_text="Keyed hash of an address or of a token: neither is kept.")
    at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "link tries"
        indexes = [models.Index(fields=["key", "at"])]

    def __str__(self) -> str:
        return f"{self.key[:6]} {self.at:%H:%M:%S}"
