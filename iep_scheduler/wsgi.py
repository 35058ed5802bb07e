"""The web server's door."""

import os

from django.core.wsgi import get_wsgi_application

from iep_scheduler import postgres

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iep_scheduler.settings")
if not os.environ.get("DATABASE_URL"):
    postgres.start()

application = get_wsgi_application()
