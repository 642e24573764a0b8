"""Ask how many graduates of a class have which destination. AMQP_URI and PRINCIPAL are in the environment."""

import os

from shared.calling import Call, Caller

question = Call(
    method="stats.count_graduates",
    payload={"scope": "CN", "class_year": 2021, "by": ["code"]},
    principal=os.environ["PRINCIPAL"],
)
with Caller(os.environ["AMQP_URI"]) as caller:
    answer = caller.call(question)
for code, count in answer["rows"]:
    print(code or "未登记", count)
print("合计 total", answer["total"])
