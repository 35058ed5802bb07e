from hypothesis import settings

from tests.effort import IS_NIGHTLY

# A law's example may take long on a busy machine; that is no failure.
settings.register_profile("ordinary", deadline=None)
settings.register_profile("nightly", deadline=None, max_examples=1000)
settings.load_profile("nightly" if IS_NIGHTLY else "ordinary")
