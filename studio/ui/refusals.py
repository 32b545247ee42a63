"""How a request is turned away: as a text for people, and below `/v1/` in the form that OpenAI's clients read."""

from starlette.responses import JSONResponse, PlainTextResponse, Response

from studio.domain.completion_answer import error_body
from studio.errors import StudioError
from studio.i18n import Translator

API_PATH = "/v1"
# What is wrong with the request itself is 400; in words of OpenAI's where it has one for it.
STATUS_BY_CODE = {
    "api.switched_off": 404,
    "api.no_key": 401,
    "api.wrong_key": 401,
    "api.missing_route": 404,
    "api.busy": 429,
    "chat.adapter_missing": 404,
    "chat.died": 503,
    "chat.failed": 500,
    "chat.no_memory": 503,
    "chat.out_of_memory": 503,
    "home.disk_full": 507,
    "job.unknown": 404,
    "model.not_downloaded": 404,
    "model.unknown": 404,
}
THEIR_CODES = {
    "api.no_key": "invalid_api_key",
    "api.wrong_key": "invalid_api_key",
    "api.busy": "rate_limit_exceeded",
    "api.unsupported": "unsupported_parameter",
    "api.unknown_parameter": "unknown_parameter",
    "chat.adapter_missing": "model_not_found",
    "chat.too_long": "context_length_exceeded",
    "job.unknown": "model_not_found",
    "model.not_downloaded": "model_not_found",
    "model.unknown": "model_not_found",
}


def is_api(path: str) -> bool:
    """Tell whether a path is one of those that other programs use the models by."""
    return path.startswith(f"{API_PATH}/")


def refuse(path: str, text: str, status: int) -> Response:
    """Give the answer that turns a request away before it has arrived anywhere."""
    if is_api(path):
        return JSONResponse(error_body(text, status), status)
    return PlainTextResponse(text, status)


def told(t: Translator, error: StudioError) -> tuple[dict[str, object], int]:
    """Give an error in OpenAI's form with its status; its sentences are the page's."""
    text, status = t.error(error), STATUS_BY_CODE.get(error.code, 400)
    message = f"{text.title}. {text.what} {text.fix}"
    code = THEIR_CODES.get(error.code, error.code)
    return error_body(message, status, code, error.values.get("parameter")), status
