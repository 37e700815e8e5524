"""Which rows train, which choose and which test: splits that come out the same tomorrow."""

from collections.abc import Callable, Sequence

import pandas as pd
from sklearn.model_selection import train_test_split

from tweetsent_utils.errors import TweetsentError, note, quote


def check_overlap(
    train_texts: pd.Series,
    test_texts: pd.Series,
    train_file: str,
    test_file: str,
) -> None:
    """Refuse a test file without a text of its own, and print how many training texts it holds.

    Both series are indexed by row id; the names of the files only serve the messages.
    """
    known = test_texts.isin(train_texts)
    if known.all():
        what = f"every text of {test_file} is in {train_file} too"
        raise TweetsentError(f"{what}: name a test file with texts that training does not see")
    if known.any():
        where = f"{test_file}: data row {known.idxmax() + 1} is a text of {train_file} too"
        count = f"{known.sum()} of {len(known):,} test texts"
        note(f"{where} ({count}): the test score will flatter the model")


def split_at_random(
    labels: pd.Series,
    label_order: Sequence[str],
    validation_rows: int,
    validation_share: float,
    seed: int,
) -> tuple[pd.Index, pd.Index]:
    """Split row ids into train and validation, stratified by label and seeded.

    Validation gets `validation_rows`, or `validation_share` of all rows if that is fewer. Every
    class is on both sides. Returns the row ids of both parts, each in file order. Raises
    `TweetsentError` when a class is too small for both sides.
    """
    counts = labels.value_counts()
    if len(counts) < 2:
        only = quote(label_order[labels.iloc[0]])
        raise TweetsentError(f"every training text is {only}: give texts of two classes")
    if counts.min() < 2:
        what = f"the class {quote(label_order[counts.idxmin()])} has one training text"
        remedy = "add texts, or leave the class out"
        raise TweetsentError(f"{what}, and both sides of the split need one: {remedy}")
    rows = count_validation_rows(len(labels), validation_rows, validation_share)
    if not len(counts) <= rows <= len(labels) - len(counts):
        what = f"{len(labels)} training texts cannot give {rows} to validation"
        remedy = "give more texts, or change validation_rows and validation_share"
        raise TweetsentError(f"{what} and keep every class on both sides: {remedy}")
    train, validation = train_test_split(
        labels.index,
        test_size=rows,
        stratify=labels,
        random_state=seed,
    )
    validation, train = swap_in_missing_classes(labels, validation, train)
    train, validation = swap_in_missing_classes(labels, train, validation)
    return train.sort_values(), validation.sort_values()


def swap_in_missing_classes(
    labels: pd.Series,
    part: pd.Index,
    other: pd.Index,
) -> tuple[pd.Index, pd.Index]:
    """Give `part` a row of each class that only `other` holds, for one of its commonest class.

    A stratified draw rounds the share of a rare class, and may round it to nothing. Returns both
    parts, of the same sizes as before.
    """
    for label in sorted(set(labels[other]) - set(labels[part])):
        wanted = other[labels[other] == label][:1]
        commonest = labels[part].value_counts().idxmax()
        given = part[labels[part] == commonest][:1]
        part = part.drop(given).append(wanted)
        other = other.drop(wanted).append(given)
    return part, other


def split_latest_days(
    labels: pd.Series,
    days: pd.Series,
    label_order: Sequence[str],
    validation_rows: int,
    validation_share: float,
) -> tuple[pd.Index, pd.Index]:
    """Split row ids into train and validation by day: validation takes the last whole days.

    These hold `validation_rows`, or `validation_share` of all rows if that is fewer, and the rest
    of their first day. `labels` and `days` share an index of row ids; a time of day is left out.
    Raises `TweetsentError` for a row without a day, and when a class would be on one side only.
    """
    days = days.dt.normalize()
    if days.isna().any():
        what = f"data row {days.isna().idxmax() + 1} has no day ({days.isna().sum()} such rows)"
        raise TweetsentError(f"{what}: set date_column, or validation_split to 'random'")
    rows = count_validation_rows(len(labels), validation_rows, validation_share)
    first_day = days.sort_values().iloc[-max(rows, 1)]
    is_late = days >= first_day
    one_sided = sorted(set(labels[is_late]) ^ set(labels[~is_late]))
    if one_sided:
        name = quote(label_order[one_sided[0]])
        what = f"the class {name} is on one side only of a split at {first_day:%Y-%m-%d}"
        remedy = "change validation_rows and validation_share, or set validation_split to 'random'"
        raise TweetsentError(f"{what}: {remedy}")
    return labels.index[~is_late], labels.index[is_late]


def hold_out_rows(
    labels: pd.Series,
    days: pd.Series,
    label_order: Sequence[str],
    validation_split: str,
    validation_rows: int,
    validation_share: float,
    seed: int,
) -> tuple[pd.Index, pd.Index]:
    """Return the row ids that stay and those that are held out, `random` or of the `latest` days.

    `days` may hold more rows than `labels`. See `split_at_random` and `split_latest_days`.
    """
    if validation_split == "latest":
        return split_latest_days(
            labels,
            days.loc[labels.index],
            label_order,
            validation_rows,
            validation_share,
        )
    return split_at_random(labels, label_order, validation_rows, validation_share, seed)


def hold_out_test_tweets(
    tweets: dict[str, pd.DataFrame],
    draw: Callable[..., tuple[pd.Index, pd.Index]],
    train_file: str,
    test_file: str,
) -> dict[str, pd.DataFrame]:
    """Make sure that there are test tweets, and that they are not the training tweets once more.

    `tweets` are tables with the columns `text`, `label` and `day`, by the names "train" and "test".
    With a test file they come back as they are. Without one, `draw`, which is `hold_out_rows` with
    all but its labels, days and seed given, takes test tweets from the training tweets; its seed
    is always 0, so that runs with other seeds have the same test tweets. See `check_overlap`.
    """
    train, test, test_name = tweets["train"], tweets["test"], test_file
    if not test_file:
        kept, held_out = draw(train["label"], train["day"], seed=0)
        train, test = train.loc[kept], train.loc[held_out]
        test_name = f"the test part of {train_file}"
    train_name = train_file if test_file else "the other rows"
    check_overlap(train["text"], test["text"], train_name, test_name)
    return {"train": train, "test": test}


def sample_tweets(tweets: pd.DataFrame, max_rows: int, seed: int) -> pd.DataFrame:
    """Keep at most `max_rows` rows (0: all) of a table, as `sample_rows` does by its `label`."""
    return tweets.loc[sample_rows(tweets["label"], max_rows, seed).index]


def count_validation_rows(rows: int, validation_rows: int, validation_share: float) -> int:
    """Return how many of `rows` validation gets: a number or a share, whichever is fewer."""
    return min(validation_rows, round(validation_share * rows))


def sample_rows(
    labels: pd.Series,
    max_rows: int,
    seed: int,
    least_per_class: int = 1,
) -> pd.Series:
    """Keep at most `max_rows` labels (0: all): a seeded, stratified draw, in file order.

    A class keeps its share, and where there is room at least `least_per_class` of its rows.
    """
    if not 0 < max_rows < len(labels):
        return labels
    shuffled = labels.sample(frac=1, random_state=seed)
    by_class = shuffled.groupby(shuffled)
    number = by_class.cumcount()
    # Every class is spread evenly from 0 to 1, so that the first rows hold a share of each.
    places = (number + 0.5) / by_class.transform("size")
    # Before them come the first rows of all classes, then their second ones, and so on.
    places += (number - least_per_class).clip(upper=0)
    kept = places.sort_values(kind="stable").index[:max_rows]
    return labels.loc[kept.sort_values()]
