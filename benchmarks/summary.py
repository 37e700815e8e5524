"""What the figures of many trainings come to: rates, ratios, and spread over seeds."""

import statistics
from typing import Any

import pandas as pd
from gpu_peers import find_peer

MATRIX_RATE = {"bfloat16": "bf16", "float32": "fp32"}  # by the precision of a training


def derive_rates(row: dict[str, Any]) -> dict[str, float]:
    """Return what a training did by the time it took; nothing if it did no step.

    The tokenising beforehand is charged to the tweets that were timed. Useful FLOP are 6 per
    parameter of the transformer layers and real token (forward 2, backward 4): Kaplan et al.,
    https://arxiv.org/abs/2001.08361, section 2.1. Their share is that of the rate of matrix
    products in the training's precision.
    """
    if not row["tweets"]:
        return {}
    share_of_tweets = row["tweets"] / (row["training_tweets"] * row["epochs"])
    seconds = row["seconds"] + row["tokenise_seconds"] * share_of_tweets
    useful_flops = 6 * row["layer_parameters"] * row["real_tokens"] / seconds
    matrix_flops = row["matrix_flops"][MATRIX_RATE[row["precision"]]]
    return {
        "tweets_per_second": row["tweets"] / seconds,
        "real_tokens_per_second": row["real_tokens"] / seconds,
        "padding": 1 - row["real_tokens"] / row["positions"],
        "useful_flops": useful_flops,
        "share_of_matrix_rate": useful_flops / matrix_flops,
    }


def summarise(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a summary for each device and peer, in the order of the rows."""
    pairs = dict.fromkeys((row["device"], row["peer"]) for row in rows)
    return [summarise_peer(rows, device, peer) for device, peer in pairs]


def summarise_peer(rows: list[dict[str, Any]], device: str, peer: str) -> dict[str, Any]:
    """Return the figures of a peer on a device, over all seeds.

    Rates and memory are medians. The ratios to the original and to Trainer's defaults are medians
    of each seed's own ratio, whose two processes ran one after the other. Accuracy has mean and
    standard deviation.
    """
    own = rows_of(rows, device, peer)
    rates = rates_by_seed(own)
    summary = {
        "device": device,
        "peer": peer,
        "title": find_peer(peer).title,
        "seeds": len(own),
        "finished": all(row["finished"] for row in own),
        **pd.DataFrame(list(rates.values())).median().to_dict(),
    }
    for other in ("original", "trainer"):
        ratios = ratios_by_seed(rates, rates_by_seed(rows_of(rows, device, other)))
        if ratios:
            summary[f"ratio_to_{other}"] = statistics.median(ratios)
    peaks = values_of(own, "peak_mib")
    if peaks:
        summary["peak_mib"] = statistics.median(peaks)
    summary["tweets"] = sum(row["tweets"] for row in own)
    summary["seconds"] = sum(row["seconds"] for row in own)
    shares = values_of(own, "shares_of_time")
    if shares:
        summary["shares_of_time"] = pd.DataFrame(shares).mean().to_dict()
    accuracies = values_of(own, "validation_accuracy")
    if accuracies:
        summary["accuracy_mean"] = statistics.mean(accuracies)
        summary["accuracy_std"] = statistics.stdev(accuracies) if len(accuracies) > 1 else 0.0
    return summary


def rows_of(rows: list[dict[str, Any]], device: str, peer: str) -> list[dict[str, Any]]:
    """Return the trainings of a peer on a device."""
    return [row for row in rows if (row["device"], row["peer"]) == (device, peer)]


def values_of(rows: list[dict[str, Any]], name: str) -> list[Any]:
    """Return a figure of all rows that have it."""
    return [row[name] for row in rows if name in row]


def rates_by_seed(rows: list[dict[str, Any]]) -> dict[int, dict[str, float]]:
    """Return the rates of the trainings that did a step, by seed."""
    return {row["seed"]: derive_rates(row) for row in rows if row["tweets"]}


def ratios_by_seed(
    rates: dict[int, dict[str, float]],
    others: dict[int, dict[str, float]],
) -> list[float]:
    """Return how many times as many tweets per second as another each seed has that both have."""
    return [
        rate["tweets_per_second"] / others[seed]["tweets_per_second"]
        for seed, rate in rates.items()
        if seed in others
    ]
