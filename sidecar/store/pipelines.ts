import type { Client } from "@opensearch-project/opensearch";
import {
	type Failure,
	invalidDocument,
	processorFailure,
} from "../../ingest/failure.ts";
import { isObject } from "../../ingest/json.ts";
import { SidecarError } from "../errors.ts";
import { statusOf, storeError } from "./client.ts";
import {
	type IndexPipelines,
	noPipeline,
	readSettings,
} from "./index-pipelines.ts";
import { pipelinesOfTemplate } from "./template-pipelines.ts";
import { writeIndexAmong } from "./write-index.ts";

/** The ingest pipelines of the cluster, and which of them an index writes through. */
export class PipelineStore {
	readonly #client: Client;

	constructor(client: Client) {
		this.#client = client;
	}

	/** Every stored pipeline, by id. */
	async all(): Promise<Map<string, unknown>> {
		try {
			const { body } = await this.#client.ingest.getPipeline({});
			return new Map(Object.entries(body));
		} catch (error) {
			if (statusOf(error) === 404) return new Map();
			throw storeError(error, "read the ingest pipelines");
		}
	}

	/** Stores a pipeline of the sidecar's own. */
	async put(id: string, definition: string): Promise<void> {
		try {
			await this.#client.ingest.putPipeline({
				id,
				body: JSON.parse(definition),
			});
		} catch (error) {
			throw storeError(error, `store the ingest pipeline ${id}`);
		}
	}

	/**
	 * The pipelines that a write to a name runs when it names none, in order: the index's default and final
	 * pipeline; of an alias or data stream, its write index's; of what is no index, its template's.
	 */
	async ofIndex(name: string): Promise<IndexPipelines> {
		if (!isOneName(name))
			return withoutNone(await pipelinesOfTemplate(this.#client, name));
		try {
			const { body } = await this.#client.indices.getSettings({
				index: name,
				flat_settings: true,
				expand_wildcards: "all",
			});
			const indices = Object.keys(body);
			const index =
				indices.length > 1
					? await writeIndexAmong(this.#client, name, indices)
					: indices[0];
			const settings: unknown = index && body[index]?.settings;
			return withoutNone(readSettings(settings));
		} catch (error) {
			if (statusOf(error) === 404)
				return withoutNone(await pipelinesOfTemplate(this.#client, name));
			if (statusOf(error) === 400) return {};
			throw storeError(error, `read the settings of ${name}`);
		}
	}

	/**
	 * What processors leave of documents, in their order.
	 *
	 * @throws SidecarError bad_request where OpenSearch refuses the request as a whole
	 */
	async simulate(
		processors: readonly unknown[],
		documents: readonly SimulatedDocument[],
	): Promise<Simulation[]> {
		try {
			const { body } = await this.#client.http.post({
				path: "/_ingest/pipeline/_simulate",
				body: {
					pipeline: { processors: [...processors] },
					docs: [...documents],
				},
			});
			const results: unknown = isObject(body) ? body.docs : undefined;
			if (!Array.isArray(results)) return [];
			return results.map(readSimulation);
		} catch (error) {
			if (statusOf(error) === 400)
				throw new SidecarError(
					"bad_request",
					`the processors before the embedding can't be run on this document: ${messageOf(error)}`,
					{ cause: error },
				);
			throw storeError(error, "simulate a pipeline");
		}
	}
}

/** A document for `_simulate`; id and index are there for processors that look at them. */
export interface SimulatedDocument {
	_index?: string;
	_id?: string;
	_source: unknown;
}

/** What OpenSearch takes for index and id of a document that names none, where it simulates. */
export const unnamedIndex = "_index";
export const unnamedId = "_id";

/** What became of a document; neither `source` nor `failure` where a processor dropped it. */
export interface Simulation {
	source?: unknown;
	/** The index that it goes to. */
	index?: unknown;
	/** Why a processor failed on it. */
	failure?: Failure;
}

function readSimulation(result: unknown): Simulation {
	if (!isObject(result)) return {};
	if (isObject(result.doc))
		return { source: result.doc._source, index: result.doc._index };
	const { error } = result;
	return {
		failure:
			isObject(error) && typeof error.reason === "string"
				? processorFailure(String(error.type), error.reason)
				: invalidDocument("a processor before the embedding failed"),
	};
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

/** OpenSearch writes to what has this very name, and makes no index of an expression for several or by the date. */
function isOneName(name: string): boolean {
	return name !== "_all" && !/[*,<>]/.test(name);
}

function withoutNone({
	default: first,
	final,
}: IndexPipelines): IndexPipelines {
	return {
		...(first !== undefined && first !== noPipeline && { default: first }),
		...(final !== undefined && final !== noPipeline && { final }),
	};
}
