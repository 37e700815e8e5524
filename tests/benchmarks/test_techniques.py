"""`techniques.py`: what each technique does to texts, targets, heads and embeddings."""

import numpy as np
import pytest
import torch
from techniques import (
    TokenSum,
    add_token_weights,
    drop_words,
    find_neutral_words,
    insert_words,
    make_rank_one,
    masked_word_loss,
    neighbour_targets,
    symmetric_divergence,
    worse_embeddings,
)
from torch.nn.utils import parametrize

from tweetsent_utils.model.classifier import load_classifier
from tweetsent_utils.model.head import find_head

WORDS = ["we", "bought", "the", "very", "last", "bread"]
TEXT = " ".join(WORDS)


def draws():
    return np.random.default_rng(0)


@pytest.fixture
def classifier(tiny_encoder, label_order):
    torch.manual_seed(0)
    return load_classifier(tiny_encoder, label_order)


def test_words_that_turn_others_round_are_never_neutral():
    assert find_neutral_words(["The van is not here"] * 5) == {"the", "van", "is", "here"}


def test_words_of_a_source_go_in_together_and_the_text_keeps_its_own():
    source = [f"n{number}" for number in range(40)]
    generator = draws()
    for text in insert_words([TEXT] * 200, [" ".join(source)], 1.0, generator):
        words = text.split()
        inserted = [word for word in words if word in source]
        assert [word for word in words if word not in source] == WORDS
        assert " ".join(inserted) in text
        assert 3 <= len(inserted) <= 15
        assert inserted == source[source.index(inserted[0]) :][: len(inserted)]


def test_insertion_leaves_its_share_of_texts_as_they_are():
    lengthened = insert_words([TEXT] * 4000, ["a b c"], 0.3, draws())
    assert lengthened.count(TEXT) / 4000 == pytest.approx(0.7, abs=0.03)
    assert insert_words([TEXT, ""], [], 1.0, draws()) == [TEXT, ""]


def test_a_text_of_droppable_words_alone_stays():
    texts = drop_words(["the van", "the good van"], {"the", "van"}, 1.0, draws())
    assert texts == ["the van", "good"]


def test_neighbours_share_what_a_class_gives_away():
    targets = neighbour_targets(3, 0.2)
    assert targets.sum(dim=1).tolist() == pytest.approx([1, 1, 1])
    assert targets[0].tolist() == pytest.approx([0.8, 0.2, 0])
    assert targets[1].tolist() == pytest.approx([0.1, 0.8, 0.1])


def test_a_rank_one_head_multiplies_out_to_a_plain_layer(classifier):
    make_rank_one(classifier)
    head = find_head(classifier)
    states = torch.randn(3, head.in_features)
    before = head(states)
    parametrize.remove_parametrizations(head, "weight")
    assert torch.linalg.matrix_rank(head.weight) == 1
    assert torch.allclose(head(states), before)


def test_the_sum_over_tokens_ignores_padding():
    torch.manual_seed(0)
    token_sum = TokenSum(width=4, classes=5)
    states, labels = torch.randn(2, 6, 4), torch.tensor([1, 3])
    mask = torch.tensor([[1, 1, 1, 0, 0, 0]] * 2)
    loss = token_sum(states, mask, labels)
    states[:, 3:] = 99.0
    assert token_sum(states, mask, labels) == loss


def test_equal_passes_do_not_diverge_and_others_do():
    first, second = torch.randn(3, 5), torch.randn(3, 5)
    assert symmetric_divergence(first, first).item() == pytest.approx(0)
    assert symmetric_divergence(first, second) == symmetric_divergence(second, first) > 0


def test_the_embeddings_come_back_from_where_the_loss_is_higher(classifier):
    inputs = {"input_ids": torch.tensor([[1, 2, 3]]), "labels": torch.tensor([1])}
    classifier.eval()
    weight = classifier.get_input_embeddings().weight
    before = weight.detach().clone()
    loss = classifier(**inputs).loss
    loss.backward()
    with worse_embeddings(classifier, 0.1):
        assert (weight - before).norm().item() == pytest.approx(0.1, rel=1e-3)
        assert classifier(**inputs).loss > loss
    assert torch.allclose(weight, before, atol=1e-6)


def test_tokens_of_opposite_classes_move_apart_along_one_direction(classifier):
    embeddings = classifier.get_input_embeddings().weight
    before = embeddings.detach().clone()
    good, bad, unseen = 20, 21, 22
    add_token_weights(classifier, [[good]] * 20 + [[bad]] * 20, [4] * 20 + [0] * 20, 0.5)
    moves = (embeddings - before).detach()
    assert moves[unseen].norm() == 0
    assert torch.cosine_similarity(moves[good], moves[bad], dim=0).item() == pytest.approx(-1)


def test_masked_words_are_guessed_from_the_others_alone(classifier):
    batch = {
        "input_ids": torch.tensor([[2, 20, 21, 3, 0]]),
        "attention_mask": torch.tensor([[1, 1, 1, 1, 0]]),
    }
    special = [0, 1, 2, 3, 4]
    loss = masked_word_loss(classifier, batch, -1, mask_id=4, special_ids=special, share=1.0)
    assert loss.isfinite() and loss > 0
    nothing = masked_word_loss(classifier, batch, -1, mask_id=4, special_ids=special, share=0.0)
    assert nothing == 0
