"""A fault model behind HTTP, as it stands beside Node-RED: a forest of scikit-learn in a FastAPI server.

The forest is as large as twinflow's (160 trees, depth 14, seven features, five classes). What it was trained on does not
matter for the time it takes, so its training set is five clouds of points.
"""

import numpy
from fastapi import FastAPI
from pydantic import BaseModel
from sklearn.ensemble import RandomForestClassifier

LABELS = ["normal", "cooling degradation", "imbalance", "overcurrent", "thermal overload"]
SPREAD = numpy.array([4.0, 300.0, 0.3, 0.03, 70.0, 0.1, 10.0])
CENTRE = numpy.array([35.0, 2000.0, 1.1, 0.05, 250.0, 0.0, 12.0])


def forest() -> RandomForestClassifier:
    random = numpy.random.default_rng(1)
    classes = random.integers(0, len(LABELS), 8000)
    shifts = random.normal(0.0, 1.2, (len(LABELS), len(CENTRE)))
    points = CENTRE + SPREAD * (shifts[classes] + random.normal(0.0, 1.0, (len(classes), len(CENTRE))))
    return RandomForestClassifier(n_estimators=160, max_depth=14, min_samples_leaf=2, random_state=1).fit(points, classes)


class Reading(BaseModel):
    temp: float
    rpm: float
    current: float
    vibration: float
    power: float
    cooling_rate: float
    thermal_efficiency: float


model = forest()
app = FastAPI()


@app.post("/predict")
def predict(reading: Reading):
    chances = model.predict_proba(numpy.array([list(reading.model_dump().values())]))[0]
    code = int(chances.argmax())
    return {"fault_code": code, "fault_label": LABELS[code], "confidence": float(chances[code])}
