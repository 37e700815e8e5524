"""What the head reads: a layer that averages over all tokens, which every tool can open."""

from typing import NamedTuple

import torch

from tweetsent_utils.errors import TweetsentError


class LayerNames(NamedTuple):
    """Where a family keeps its layers, and in a layer the parts that we set."""

    layers: str
    query: str
    value: str
    attention_output: str
    inner_output: str


BERT = LayerNames(
    layers="encoder.layer",
    query="attention.self.query",
    value="attention.self.value",
    attention_output="attention.output.dense",
    inner_output="output.dense",
)
DISTILBERT = LayerNames(
    layers="transformer.layer",
    query="attention.q_lin",
    value="attention.v_lin",
    attention_output="attention.out_lin",
    inner_output="ffn.lin2",
)
# All layers of MPNet share a number for each distance between two tokens, which they add to the
# scores of attention. So its mean is tilted a little, toward the first words.
MPNET = LayerNames(
    layers="encoder.layer",
    query="attention.attn.q",
    value="attention.attn.v",
    attention_output="attention.attn.o",
    inner_output="output.dense",
)
# Their layers are like BERT's. Others are built otherwise, or normalise in other places, and would
# begin somewhere else.
FAMILIES = {
    "bert": BERT,
    "camembert": BERT,
    "data2vec-text": BERT,
    "distilbert": DISTILBERT,
    "electra": BERT,
    "ernie": BERT,
    "mpnet": MPNET,
    "rembert": BERT,
    "roberta": BERT,
    "roc_bert": BERT,
    "roformer": BERT,
    "xlm-roberta": BERT,
}


@torch.no_grad()
def add_averaging_layer(model: torch.nn.Module) -> None:
    """Append a layer like BERT's in which each token adds the mean over all tokens to itself.

    That is where training starts. The queries are zero, so that attention is even; values pass
    unchanged, and the inner layer adds nothing. Mean pooling: Reimers and Gurevych,
    https://arxiv.org/abs/1908.10084. Raises `TweetsentError` for a model with other layers.
    """
    family = model.config.model_type
    if family not in FAMILIES:
        what = f"pooling 'mean' appends a layer like BERT's, and {family} has others"
        remedy = "set pooling to 'cls', or take an encoder such as BERT or RoBERTa"
        raise TweetsentError(f"{what}: {remedy}")
    names = FAMILIES[family]
    layers = model.base_model.get_submodule(names.layers)
    layer = type(layers[-1])(model.config).to(model.device).train(model.training)
    zero_parts = [names.query, names.inner_output]
    identity_parts = [names.value, names.attention_output]
    for name in zero_parts + identity_parts:
        part = layer.get_submodule(name)
        part.weight.zero_()
        part.bias.zero_()
    for name in identity_parts:
        layer.get_submodule(name).weight.fill_diagonal_(1)
    layers.append(layer)
    model.config.num_hidden_layers += 1
