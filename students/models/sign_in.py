from django.db import models


class WrongPassword(models.Model):
    """One try to sign in, kept for a quarter of an hour: what the limits of the sign-in page count."""

    login = models.CharField(max_length=64, help_text="Keyed hash: a login that nobody has is counted too.")
    address = models.CharField(max_length=64, help_text="Keyed hash of where the try came from.")
    at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["login", "at"])]

    def __str__(self) -> str:
        return f"{self.login[:6]} {self.at:%H:%M:%S}"
