"""The catalog says what is so: measures give the number of weights, licences have a link, sentences have words."""

import pytest

from studio.domain.architectures import ARCHITECTURES
from studio.domain.catalog import read_model
from studio.domain.catalog_entries import CatalogEntry, read_catalog
from studio.domain.model_files import is_hub_id
from studio.i18n import languages, translator
from studio.services.models import STARTER

MODELS = read_catalog().models


def test_the_starter_comes_first_and_the_rest_from_small_to_large() -> None:
    sizes = [entry.parameters for entry in MODELS]
    assert MODELS[0].id == "starter"
    assert sizes == sorted(sizes)
    assert (len(MODELS), len({entry.id for entry in MODELS})) == (33, 33)
    assert sizes[1] > 100e6
    assert sizes[-1] < 15e9


def test_the_starter_is_what_lies_in_its_folder() -> None:
    model, entry = read_model(STARTER, "starter"), MODELS[0]
    assert (entry.parameters, entry.shape) == (model.parameters, model.shape)
    assert (entry.architecture, entry.has_template) == (model.architecture, model.has_template)
    assert entry.bytes == model.parameters * 4


@pytest.mark.parametrize("entry", MODELS, ids=lambda entry: entry.id)
def test_the_measures_of_a_model_account_for_its_weights(entry: CatalogEntry) -> None:
    # What is missing are norms and biases.
    assert entry.shape.parameters <= entry.parameters <= entry.shape.parameters * 1.001
    assert entry.shape.has_gated_mlp == ARCHITECTURES[entry.architecture].has_gated_mlp
    table = (
        entry.shape.vocab_size * entry.shape.hidden_size if entry.shape.has_tied_embeddings else 0
    )
    # Two bytes each; some files hold the shared table twice. The starter has four.
    width = 4 if entry.id == "starter" else 2
    assert entry.bytes in (entry.parameters * width, (entry.parameters + table) * width)


@pytest.mark.parametrize("entry", MODELS, ids=lambda entry: entry.id)
def test_a_model_has_a_name_a_licence_and_words(entry: CatalogEntry) -> None:
    assert is_hub_id(entry.id) or entry.id == "starter"
    assert entry.licence in read_catalog().licences
    assert entry.gated == (entry.licence in ("gemma", "llama3.1", "llama3.2"))
    assert entry.languages[0] == "en"
    assert entry.good_for
    for lang in languages():
        assert all(translator(lang)(f"models.good_for.{code}") for code in entry.good_for)


def test_what_can_be_exported_follows_from_the_architecture() -> None:
    catalog = read_catalog()
    granite = catalog.find("ibm-granite/granite-3.3-2b-instruct")
    phi = catalog.find("microsoft/phi-4")
    assert granite is not None
    assert phi is not None
    assert (granite.can_export, phi.can_export) == (False, True)
    assert catalog.find("nobody/nothing") is None
