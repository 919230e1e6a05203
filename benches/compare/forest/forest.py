"""scikit-learn's Random Forest on the rows and in the folds of twinflow's, with the same settings."""

import csv
import json
import sys
import time

import numpy
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, f1_score


def main(rows_file, ours_file):
    with open(ours_file) as file:
        ours = json.load(file)
    with open(rows_file, newline="") as file:
        reader = csv.reader(file)
        next(reader)
        table = numpy.array([[float(cell) for cell in row] for row in reader])
    folds, labels, features = table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2:]

    probabilities = numpy.zeros((len(labels), labels.max() + 1))
    for fold in range(folds.max() + 1):
        judged = folds == fold
        forest = RandomForestClassifier(
            n_estimators=ours["trees"],
            max_depth=ours["max_depth"],
            min_samples_leaf=ours["min_samples_leaf"],
            class_weight="balanced_subsample",
            random_state=42,
            n_jobs=-1,
        )
        forest.fit(features[~judged], labels[~judged])
        part = numpy.zeros((judged.sum(), probabilities.shape[1]))
        part[:, forest.classes_] = forest.predict_proba(features[judged])
        probabilities[judged] = part
        print(f"fold {fold + 1}: scikit-learn trained on {(~judged).sum()} rows", file=sys.stderr)

    answers = probabilities.argmax(axis=1)
    truth = numpy.eye(probabilities.shape[1])[labels]
    theirs = {
        "accuracy": accuracy_score(labels, answers),
        "macro_f1": f1_score(labels, answers, average="macro"),
        "fault_f1": f1_score(labels != 0, answers != 0),
        "brier": ((probabilities - truth) ** 2).sum(axis=1).mean(),
    }
    print(f"{len(labels)} rows, {folds.max() + 1} folds of whole runs, {ours['trees']} trees of depth {ours['max_depth']}")
    print(f"{'':10} {'twinflow':>10} {'scikit-learn':>13} {'difference':>11}")
    for measure, value in theirs.items():
        print(f"{measure:10} {ours[measure]:10.4f} {value:13.4f} {ours[measure] - value:+11.4f}")

    forest = RandomForestClassifier(
        n_estimators=ours["trees"], max_depth=ours["max_depth"], min_samples_leaf=ours["min_samples_leaf"], n_jobs=1
    )
    forest.fit(features, labels)
    bulk = features[: ours["bulk_rows"]]
    single_us = median_us(lambda number: forest.predict_proba(features[number : number + 1]), 51)
    bulk_us = median_us(lambda _: forest.predict_proba(bulk), 5) / len(bulk)
    print(f"\n{'µs a row':22} {'twinflow':>10} {'scikit-learn':>13} {'times':>8}")
    for what, our, their in [("one row at a time", ours["single_us"], single_us), (f"{len(bulk)} rows at once", ours["bulk_us"], bulk_us)]:
        print(f"{what:22} {our:10.2f} {their:13.2f} {their / our:8.0f}")


def median_us(ask, rounds):
    """The median of so many rounds, in microseconds, after one to warm up."""
    ask(0)
    times = []
    for number in range(rounds):
        begin = time.perf_counter()
        ask(number)
        times.append((time.perf_counter() - begin) * 1e6)
    return sorted(times)[rounds // 2]


if __name__ == "__main__":
    main(*sys.argv[1:])
