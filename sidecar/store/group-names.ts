import { createHash } from "node:crypto";
import type { Client } from "@opensearch-project/opensearch";
import { StoredGroupName } from "../../schemas/model-group.ts";
import { SidecarError } from "../errors.ts";
import { Documents, type Versioned } from "./documents.ts";
import { groupNameIndex, type HiddenIndices } from "./hidden-indices.ts";

/** Names are longer than ids may be. */
function idOf(name: string): string {
	return createHash("sha256").update(name).digest("hex");
}

/** Who has which name: a document a name, which only one can create. */
export class GroupNameStore {
	readonly #indices: HiddenIndices;
	readonly #documents: Documents<typeof StoredGroupName>;

	constructor(client: Client, indices: HiddenIndices) {
		this.#indices = indices;
		this.#documents = new Documents(client, groupNameIndex, StoredGroupName);
	}

	/** @returns whether the name was free */
	async create(name: string, holder: StoredGroupName): Promise<boolean> {
		await this.#indices.ensure(groupNameIndex);
		try {
			await this.#documents.create(idOf(name), holder);
			return true;
		} catch (error) {
			if (error instanceof SidecarError && error.code === "conflict")
				return false;
			throw error;
		}
	}

	get(name: string): Promise<Versioned<StoredGroupName> | undefined> {
		return this.#documents.get(idOf(name));
	}

	/** @returns whether nobody was faster */
	async replace(
		found: Versioned<StoredGroupName>,
		holder: StoredGroupName,
	): Promise<boolean> {
		return (await this.#documents.replace(found, holder)) !== undefined;
	}

	/** Frees a name as it was read; one that somebody else has by now is left alone. */
	async delete(found: Versioned<StoredGroupName>): Promise<void> {
		try {
			await this.#documents.delete(found.id, found);
		} catch (error) {
			if (error instanceof SidecarError && error.code === "conflict") return;
			throw error;
		}
	}
}
