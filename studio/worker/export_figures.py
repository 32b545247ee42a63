"""What was measured of an export, as its model card tells it."""

from collections.abc import Callable
from typing import Any


def proof_text(proof: dict[str, Any] | None) -> str:
    """Give what was found when the export was loaded again, in words."""
    if proof is None:
        return ""
    verdict = "" if proof["is_same"] else PROOF_DIFFERS.format(what=", ".join(proof["shortfalls"]))
    second = proof["llama_cpp"]
    told = {
        **proof,
        "percent": f"{100 * proof['agreement']:.1f}",
        "divergence": f"{proof['divergence']:.1e}",
    }
    return (
        PROOF.format(verdict=verdict, **told)
        + (PROOF_LLAMA_CPP.format(**second) if second else "")
        + forms_text(proof.get("forms", {}))
        + merges_text(proof.get("merges"))
    )


def held_out_text(proof: dict[str, Any] | None) -> str:
    """Give what base and tuned model make of held-out examples; nothing where that was not measured."""
    found = (proof or {}).get("held_out")
    if found is None:
        return ""
    lines = [
        HELD_OUT_LINE.format(
            name=name, base=shown(found["base"][key]), tuned=shown(found["tuned"][key])
        )
        for key, (name, shown) in HELD_OUT_FIGURES.items()
    ]
    return HELD_OUT.format(examples=found["examples"]) + "".join(lines)


def merges_text(merges: dict[str, Any] | None) -> str:
    """Give how both ways of merging a 4-bit training do; nothing for any other."""
    if merges is None:
        return ""
    advice = {
        "original": "Merged into the original base is the one to take.",
        "exact": "Exactly as trained is the one to take.",
    }
    return PROOF_MERGES.format(**merges, advice=advice[merges["better"]])


def forms_text(proofs: dict[str, dict[str, Any]]) -> str:
    """Give the figures of several forms, one a line; nothing where there is one."""
    lines = [
        PROOF_FORM.format(
            **{**proof, "form": form.upper(), "percent": f"{100 * proof['agreement']:.1f}"}
        )
        for form, proof in proofs.items()
    ]
    return PROOF_FORMS + "".join(lines) if lines else ""


HELD_OUT = """
## Before and after

{examples} held-out examples, which were never learned:

| | Base model | This model |
|---|---|---|
"""
HELD_OUT_LINE = "| {name} | {base} | {tuned} |\n"
HELD_OUT_FIGURES: dict[str, tuple[str, Callable[[float], str]]] = {
    "loss": ("Loss per learned token (lower is better)", "{:.3f}".format),
    "accuracy": ("Learned tokens guessed right", "{:.1%}".format),
}
PROOF = """
## Is it the model that was trained?

{verdict}After packing, this file was loaded again and asked {questions} questions beside the trained model.

| | |
|---|---|
| Equal answers | {equal_answers} of {questions} |
| Same first choice, where it is clear | {percent} % of {places} places |
| Divergence of the probabilities (KL, nats) | {divergence} |
"""
PROOF_LLAMA_CPP = """| llama.cpp, through the template in the file: equal answers | {equal_answers} of {chats} |
| llama.cpp: equal prompts, token by token | {equal_prompts} of {chats} |
"""
PROOF_MERGES = """
The training held its base in 4 bits. Loss on held-out examples:

| | |
|---|---|
| Merged into the original base | {original:.4f} |
| Exactly as trained (merged into the base as it was in 4 bits) | {exact:.4f} |

{advice}
"""
PROOF_FORMS = """
These are the figures of the form that is farthest from the trained model. By form:

| Form | Equal answers | Same first choice | Divergence |
|---|---|---|---|
"""
PROOF_FORM = "| {form} | {equal_answers} of {questions} | {percent} % | {divergence:.1e} |\n"
PROOF_DIFFERS = """**This differs from what was chatted with ({what}). A form with more bits is nearer.**

"""
