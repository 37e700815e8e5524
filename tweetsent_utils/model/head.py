"""The head of a classifier: found by what it does, drawn at random, and counted."""

import torch
from torch import nn

from tweetsent_utils.errors import TweetsentError, user_error

REMEDY = "choose another encoder, such as BERT, DistilBERT or RoBERTa"


def find_head(model: nn.Module) -> nn.Linear:
    """Return the linear layer whose outputs a classifier returns as its logits.

    Names and places differ from family to family, so we look at what a layer does. The head lies
    outside of the encoder's body and, when its outputs are doubled, the logits of a tiny text are
    doubled too, be they those of one token or a mean over all of them. Raises `TweetsentError` when
    there is no such layer, and when the model takes no text by its token ids alone.
    """
    family = model.config.model_type
    what = f"a model of the family {family} does not classify a text by its tokens alone"
    with user_error(what, REMEDY, Exception):
        logits = classify_tiny_text(model)
    for layer in head_layers(model):
        if layer.out_features == logits.shape[-1]:
            hook = layer.register_forward_hook(lambda _, inputs, output: 2 * output)
            doubled = classify_tiny_text(model)
            hook.remove()
            if torch.allclose(doubled, 2 * logits, rtol=1e-3, atol=1e-6):
                return layer
    raise TweetsentError(f"no linear layer of the family {family} gives its logits: {REMEDY}")


def head_layers(model: nn.Module) -> list[nn.Linear]:
    """Return the linear layers outside of an encoder's body, in the order of their definition."""
    body = set(model.base_model.modules())
    return [part for part in model.modules() if isinstance(part, nn.Linear) and part not in body]


@torch.no_grad()
def classify_tiny_text(model: nn.Module) -> torch.Tensor:
    """Return the logits of a text of a few token ids, of shape (1, classes), without dropout.

    The text ends as those of its family do: some families read their logits at that token.
    """
    config = model.config.get_text_config()
    token_ids = [number for number in range(5) if number != config.pad_token_id]
    end = getattr(config, "eos_token_id", None)
    if isinstance(end, int) and end < getattr(config, "vocab_size", 0):
        token_ids.append(end)
    input_ids = torch.tensor([token_ids], device=model.device)
    was_training = model.training
    model.eval()
    try:
        return model(input_ids=input_ids, attention_mask=torch.ones_like(input_ids)).logits
    finally:
        model.train(was_training)


@torch.no_grad()
def draw_head(model: nn.Module) -> None:
    """Draw the linear layers outside of an encoder's body at random, as transformers does."""
    deviation = getattr(model.config, "initializer_range", None) or 0.02
    for layer in head_layers(model):
        layer.weight.normal_(mean=0.0, std=deviation)
        if layer.bias is not None:
            layer.bias.zero_()


def count_parameters(model: nn.Module) -> dict[str, int]:
    """Return how many parameters a classifier has, by part, whatever its family calls them.

    The parts are `word embeddings`, `rest of the encoder` (the transformer's layers, mostly) and
    `head`; a weight that two parts share counts in the first of them.
    """
    parts = {
        "word embeddings": model.get_input_embeddings(),
        "rest of the encoder": model.base_model,
        "head": model,
    }
    seen = set()
    counts = {}
    for name, part in parts.items():
        new = set(part.parameters()) - seen
        counts[name] = sum(weight.numel() for weight in new)
        seen |= new
    return counts
