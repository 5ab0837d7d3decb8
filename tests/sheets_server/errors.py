"""What Google says when it refuses: one exception that knows the bodies of both APIs."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
_DRIVE_REASON = {
    400: "invalid",
    401: "authError",
    403: "insufficientFilePermissions",
    404: "notFound",
    429: "rateLimitExceeded",
    500: "internalError",
    501: "notImplemented",
    503: "backendError",
}


class Refusal(Exception):
    """A request is answered with an error; `body` is what the service named would send."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        details: tuple[Json, ...] = (),
        reason: str = "",
        location: str = "",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.reason = reason
        self.location = location
        self.headers = headers

    def body(self, service: str) -> Json:
        """The error as Sheets writes it, or as Drive does: `errors` with a reason, a status only at times."""
        error: Json = {"code": self.code, "message": self.message}
        if service == "drive":
            one: Json = {
                "message": self.message,
                "domain": "global"
                if self.code != 403 or not self.reason.endswith("Exceeded")
                else "usageLimits",
                "reason": self.reason or _DRIVE_REASON.get(self.code, "invalid"),
            }
            if self.location:
                one |= {"location": self.location, "locationType": "parameter"}
            error["errors"] = [one]
            if self.details or self.code == 401:
                error["status"] = STATUS.get(self.code, "UNKNOWN")
        else:
            error["status"] = STATUS.get(self.code, "UNKNOWN")
        if self.details:
            error["details"] = list(self.details)
        return {"error": error}


def invalid(message: str) -> Refusal:
    """A 400 of Sheets."""
    return Refusal(400, message)


def bad_payload(field: str, description: str) -> Refusal:
    """A 400 about the JSON sent, with the violation that Google adds to it."""
    violation = {"description": description} | ({"field": field} if field else {})
    detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}
    return Refusal(400, description, details=(detail,))


def not_played(what: str) -> Refusal:
    """A 501: this server does not play that, and says so rather than pretend."""
    return Refusal(
        501, f"The test server does not play {what}; teach it in tests/sheets_server or do without."
    )
