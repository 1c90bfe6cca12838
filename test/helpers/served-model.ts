import {
	deployModel,
	type ModelArchive,
	registerModel,
	uploadModel,
} from "../../sidecar/dev/quick-start-model.ts";
import { SidecarClient } from "../../sidecar/dev/sidecar-client.ts";
import { uniqueName } from "./opensearch.ts";

/** A deployed model of 384 dimensions on a sidecar that runs somewhere, with a pipeline that embeds `text`. */
export interface ServedModel {
	id: string;
	/** It puts the vector of `text` into `vector`. */
	pipeline: string;
	/** @param url of any sidecar that serves it */
	remove(url: string): Promise<void>;
}

export async function serveModel(
	url: string,
	archive: ModelArchive,
): Promise<ServedModel> {
	const client = new SidecarClient(url);
	try {
		const name = uniqueName("served");
		const model = { name, dimension: 384, archive };
		const { id } = await registerModel(client, model);
		await uploadModel(client, { id, archive, uploaded: () => undefined });
		await deployModel(client, { id, signal: new AbortController().signal });
		const pipeline = uniqueName("pipeline");
		const processor = { model_id: id, field_map: { text: "vector" } };
		await client.call({
			method: "PUT",
			path: `/_ingest/pipeline/${pipeline}`,
			json: { processors: [{ text_embedding: processor }] },
		});
		return {
			id,
			pipeline,
			remove: (url) => remove(url, { id, pipeline }),
		};
	} finally {
		await client.close();
	}
}

async function remove(
	url: string,
	{ id, pipeline }: Pick<ServedModel, "id" | "pipeline">,
): Promise<void> {
	const client = new SidecarClient(url);
	const model = `/_plugins/_ml/models/${id}`;
	try {
		await client.call({
			method: "DELETE",
			path: `/_ingest/pipeline/${pipeline}`,
		});
		await client.call({ method: "POST", path: `${model}/_undeploy` });
		await client.call({ method: "DELETE", path: model });
	} finally {
		await client.close();
	}
}
