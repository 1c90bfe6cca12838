"""opensearch-py-ml's MLCommonClient against a sidecar: register, deploy, predict, undeploy, delete MiniLM.

Arguments: the sidecar's URL, the model's archive, its configuration as JSON. Ends with status 1 at the first answer
that is not what the client's own tests expect of ml-commons.
"""

import sys

from opensearchpy import OpenSearch
from opensearch_py_ml.ml_commons import MLCommonClient


def expect(what, found, wanted):
    print(f"{what}: {found}")
    if found != wanted:
        sys.exit(f"{what}: expected {wanted}")


def main(url, archive, configuration):
    client = OpenSearch(hosts=[url], timeout=120)
    ml = MLCommonClient(client)

    model_id = ml.register_model(
        model_path=archive,
        model_config_path=configuration,
        deploy_model=False,
        isVerbose=True,
    )
    expect("registered", ml.get_model_info(model_id)["model_state"], "REGISTERED")

    task = ml.deploy_model(model_id)
    expect("deployed", task["state"], "COMPLETED")

    answer = ml.generate_embedding(model_id, ["first sentence", "second sentence"])
    results = answer["inference_results"]
    expect("texts answered", len(results), 2)
    for result in results:
        tensor = result["output"][0]
        expect("tensor", tensor["name"], "sentence_embedding")
        expect("type", tensor["data_type"], "FLOAT32")
        expect("values", (tensor["shape"], len(tensor["data"])), ([384], 384))

    body = {"text_docs": ["first sentence"], "target_response": ["sentence_embedding"]}
    again = ml.predict(model_id=model_id, predict_object=body, algorithm_name="text_embedding")
    expect(
        "the same vector",
        again["inference_results"][0] == results[0],
        True,
    )

    profile = ml.get_profile("model")
    expect("in the profile", model_id in str(profile), True)

    tasks = ml.search_task({"query": {"term": {"model_id": model_id}}})
    expect("tasks found", tasks["hits"]["total"]["value"] >= 1, True)
    task_id = tasks["hits"]["hits"][0]["_id"]
    expect("task", ml.get_task_info(task_id)["state"], "COMPLETED")
    expect("task deleted", ml.delete_task(task_id)["result"], "deleted")

    undeployed = ml.undeploy_model(model_id)
    states = {node["stats"][model_id] for node in undeployed.values()}
    expect("undeployed", states, {"undeployed"})
    expect("deleted", ml.delete_model(model_id)["result"], "deleted")


if __name__ == "__main__":
    main(*sys.argv[1:])
