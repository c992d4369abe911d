"""What a collector tells of its progress, and to whom: nobody, unless a command line listens."""


class Progress:
    """Tells nobody. `subject` is a service or a tenant."""

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def planned(self, subject: str, requests: int) -> None:
        """So many more requests are known to be needed."""

    def done(self, subject: str, requests: int = 1) -> None:
        """So many requests have their answer."""

    def finished(self, subject: str, told: str) -> None:
        """Everything of a subject was read; `told` counts it."""

    def waiting(self, seconds: float) -> None:
        """Azure has asked to wait."""
