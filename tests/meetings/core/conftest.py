from hypothesis import settings

# A law's example may take long on a busy machine; that is no failure.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
