"""Errors as AWS answers them."""

from dataclasses import dataclass


@dataclass
class AwsError(Exception):
    """An error of one call: its code, a sentence, and the HTTP status."""

    code: str
    message: str
    status: int = 400

    def __str__(self):
        return f"{self.code}: {self.message}"


def client(message):
    return AwsError("ClientException", message)


def invalid(message):
    return AwsError("InvalidParameterException", message)
