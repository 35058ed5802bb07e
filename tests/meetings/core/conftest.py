from hypothesis import settings

# A law's example may take long on a busy machine; that is no failure.
settings.register_profile("no deadline", deadline=None)
settings.register_profile("nightly", deadline=None, max_examples=20_000)
settings.load_profile("no deadline")
