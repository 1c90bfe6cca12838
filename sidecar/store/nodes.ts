import type { Client } from "@opensearch-project/opensearch";
import { StoredNode } from "../../schemas/node.ts";
import { Documents, type Versioned } from "./documents.ts";
import { type HiddenIndices, nodeIndex } from "./hidden-indices.ts";

const maxNodes = 1_000;

/** The documents of running sidecars. */
export class NodeStore {
	readonly #indices: HiddenIndices;
	readonly #documents: Documents<typeof StoredNode>;

	constructor(client: Client, indices: HiddenIndices) {
		this.#indices = indices;
		this.#documents = new Documents(client, nodeIndex, StoredNode);
	}

	/** Claims an id. @throws SidecarError conflict when it is taken */
	async create(id: string, node: StoredNode): Promise<void> {
		await this.#indices.ensure(nodeIndex);
		await this.#documents.create(id, node);
	}

	async get(id: string): Promise<StoredNode | undefined> {
		return (await this.#documents.get(id))?.source;
	}

	/** See {@link Documents.change}. */
	change(
		id: string,
		change: (node: StoredNode) => StoredNode | undefined,
	): Promise<StoredNode | undefined> {
		return this.#documents.change(id, change);
	}

	/** Every sidecar that has not said goodbye, 1,000 at most. */
	all(): Promise<Versioned<StoredNode>[]> {
		return this.#documents.all(maxNodes);
	}

	async delete(id: string): Promise<void> {
		await this.#documents.delete(id);
	}
}
