"""The one error that a person sees: a sentence, a hint, and the exit code it stands for."""


class ApimDoctorError(Exception):
    """A fault the user can do something about. `code` is the exit code: 2 wrong usage, 3 nothing readable."""

    def __init__(self, message: str, hint: str = "", code: int = 2) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
