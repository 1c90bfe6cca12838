import { asObject } from "../../../ingest/json.ts";
import {
	member,
	nodeValue,
	parseObject,
	renderTree,
} from "../../../ingest/json-tree.ts";
import {
	metaKey,
	readRecords,
	type SemanticRecords,
} from "../../../ingest/semantic/semantic-field.ts";
import {
	mappingRenderers,
	metaText,
} from "../../../ingest/semantic/written-mapping.ts";
import {
	finalRenderers,
	writtenFinal,
} from "../../../ingest/semantic/written-settings.ts";
import type { ModelStore } from "../../store/models.ts";
import type {
	MappedIndex,
	SemanticMappingStore,
} from "../../store/semantic-mappings.ts";
import { refuseConflicts } from "./mapping-conflicts.ts";
import type { SemanticPipelines } from "./semantic-pipelines.ts";
import { readFields } from "./semantic-records.ts";

export interface SemanticMappingsOptions {
	models: ModelStore;
	mappings: SemanticMappingStore;
	pipelines: SemanticPipelines;
}

/** What is sent for one of the indices that a client wants to change. */
export interface IndexChange {
	readonly index: string;
	/** JSON. */
	readonly body: string;
	/** The final pipeline that the index has to get once that has succeeded; undefined where it has the right one. */
	readonly final: string | undefined;
}

/**
 * Makes mappings with `semantic` fields into what OpenSearch can store: fields of their texts' own types, what is made of
 * the texts beside them, and a final pipeline that makes it. What the client wrote is kept in the mapping's `_meta`.
 */
export class SemanticMappings {
	readonly #options: SemanticMappingsOptions;

	constructor(options: SemanticMappingsOptions) {
		this.#options = options;
	}

	/** The fields of each index that an expression names. */
	async records(target: string): Promise<Map<string, SemanticRecords>> {
		const metas = await this.#options.mappings.metas(target);
		return new Map(
			[...metas].map(([index, meta]) => [index, readRecords(meta)]),
		);
	}

	/**
	 * What to send for each index of a mapping that a client wants to add to; undefined where the body can go on as it is.
	 *
	 * @throws SidecarError
	 */
	async forMapping(
		target: string,
		text: string,
	): Promise<IndexChange[] | undefined> {
		const root = parseObject(text, { allowComments: true });
		const read = await readFields(text, root, {
			models: this.#options.models,
			creates: false,
		});
		if (
			!root ||
			(read.fields.length === 0 && !(await this.#options.pipelines.any()))
		)
			return undefined;
		return this.#changes(target, async (present, before) => {
			refuseConflicts(root, read.fields, {
				mapping: present.mapping,
				records: before,
			});
			const records = new Map([...before, ...read.records]);
			const given = member(root, "_meta");
			if (records.size === 0 || (read.fields.length === 0 && !given))
				return { body: text, final: undefined };
			const stored = asObject(present.mapping._meta);
			const meta = metaText(
				asObject(given ? nodeValue(text, given) : stored),
				asObject(stored[metaKey]),
				records,
			);
			const renderers = mappingRenderers(text, {
				mapping: root,
				...read,
				meta,
			});
			const final = await this.#options.pipelines.store(records, present.final);
			return {
				body: renderTree(text, root, renderers),
				final: final === present.final ? undefined : final,
			};
		});
	}

	/**
	 * What to send for each index of which a client changes the settings; undefined where the body can go on as it is.
	 *
	 * @throws SidecarError
	 */
	async forSettings(
		target: string,
		text: string,
	): Promise<IndexChange[] | undefined> {
		const root = parseObject(text, { allowComments: true });
		const settings = member(root, "settings") ?? root;
		const written = writtenFinal(settings);
		if (
			!root ||
			!settings ||
			!written ||
			!(await this.#options.pipelines.any())
		)
			return undefined;
		return this.#changes(target, async (_present, before) => {
			if (before.size === 0) return { body: text, final: undefined };
			const id = await this.#options.pipelines.store(
				before,
				written.value.value,
			);
			const renderers = finalRenderers(text, settings, id);
			return { body: renderTree(text, root, renderers), final: undefined };
		});
	}

	/** Gives an index the final pipeline of its fields. @throws SidecarError */
	async finish({ index, final }: IndexChange): Promise<void> {
		if (final !== undefined)
			await this.#options.mappings.setFinal(index, final);
	}

	/** @param change what becomes of one index */
	async #changes(
		target: string,
		change: (
			present: MappedIndex,
			before: SemanticRecords,
		) => Promise<Omit<IndexChange, "index">>,
	): Promise<IndexChange[] | undefined> {
		const indices = await this.#options.mappings.indices(target);
		const changes: IndexChange[] = [];
		let ours = false;
		for (const [index, present] of indices) {
			const before = readRecords(present.mapping._meta);
			const changed = await change(present, before);
			ours ||= before.size > 0 || changed.final !== undefined;
			changes.push({ index, ...changed });
		}
		return ours ? changes : undefined;
	}
}
