import type { Node } from "jsonc-parser";
import { asObject } from "../../../ingest/json.ts";
import {
	elements,
	member,
	nodeValue,
	parseObject,
	renderTree,
} from "../../../ingest/json-tree.ts";
import {
	readRecords,
	type SemanticRecords,
} from "../../../ingest/semantic/semantic-field.ts";
import {
	isSemanticPipeline,
	ownFinal,
} from "../../../ingest/semantic/semantic-pipeline.ts";
import {
	mappingRenderers,
	metaText,
} from "../../../ingest/semantic/written-mapping.ts";
import {
	holderRenderers,
	writtenFinal,
} from "../../../ingest/semantic/written-settings.ts";
import type { ModelStore } from "../../store/models.ts";
import type {
	MappedIndex,
	SemanticMappingStore,
} from "../../store/semantic-mappings.ts";
import type { SemanticPipelines } from "./semantic-pipelines.ts";
import { type ReadFields, readFields } from "./semantic-records.ts";

export interface SemanticIndicesOptions {
	models: ModelStore;
	mappings: SemanticMappingStore;
	pipelines: SemanticPipelines;
}

/** Which kind of template: what an index is made of stands in the body of a legacy one, and in its `template` else. */
export type TemplateKind = "composable" | "component" | "legacy";

/** Gives new indices, and the templates of new ones, what their `semantic` fields need. */
export class SemanticIndices {
	readonly #options: SemanticIndicesOptions;

	constructor(options: SemanticIndicesOptions) {
		this.#options = options;
	}

	/**
	 * The body to send for a new index; undefined where it can go on as it is.
	 *
	 * @throws SidecarError
	 */
	async forIndex(name: string, text: string): Promise<string | undefined> {
		const root = parseObject(text, { allowComments: true });
		const mapping = member(root, "mappings");
		const read = await this.#read(text, mapping, true);
		const written = writtenFinal(member(root, "settings"));
		const any = await this.#options.pipelines.any();
		if (!root || (read.fields.length === 0 && !(any && written)))
			return undefined;
		const templates = any ? await this.#options.mappings.ofTemplates(name) : [];
		const records = new Map([...recordsIn(templates), ...read.records]);
		return this.#rendered(text, root, {
			read,
			mapping,
			final: written ? written.value.value : finalOf(templates),
			records,
			kept: records,
		});
	}

	/**
	 * The body to send for a template; undefined where it can go on as it is.
	 *
	 * @throws SidecarError
	 */
	async forTemplate(
		kind: TemplateKind,
		text: string,
	): Promise<string | undefined> {
		const root = parseObject(text, { allowComments: true });
		const holder = kind === "legacy" ? root : member(root, "template");
		const mapping = member(holder, "mappings");
		const read = await this.#read(text, mapping, false);
		const named = elements(member(root, "composed_of")).map(({ value }) =>
			String(value),
		);
		const parts =
			kind === "composable" &&
			named.length > 0 &&
			(await this.#options.pipelines.any())
				? await this.#options.mappings.components(named)
				: [];
		if (!root) return undefined;
		const written: unknown = writtenFinal(member(holder, "settings"))?.value
			.value;
		const own = typeof written === "string" ? written : undefined;
		const given = member(mapping, "_meta");
		const kept = new Map([
			...readRecords(given && nodeValue(text, given)),
			...read.records,
		]);
		return this.#rendered(text, root, {
			read,
			mapping,
			final: namesFinal(own) ? own : finalOf(parts),
			records: new Map([...recordsIn(parts), ...kept]),
			kept,
			...(kind !== "legacy" && { within: "template" }),
		});
	}

	/**
	 * Gives the templates that are composed of a component the final pipeline of the fields that they have now: one of their
	 * own stands before the component's.
	 *
	 * @throws SidecarError
	 */
	async refresh(component: string): Promise<void> {
		if (!(await this.#options.pipelines.any())) return;
		const { mappings } = this.#options;
		for (const [name, template] of await mappings.composedOf(component)) {
			const text = JSON.stringify(template);
			const changed = await this.forTemplate("composable", text);
			if (changed !== undefined && changed !== text)
				await mappings.putComposable(name, changed);
		}
	}

	#read(
		text: string,
		mapping: Node | undefined,
		creates: boolean,
	): Promise<ReadFields> {
		return readFields(text, mapping, {
			models: this.#options.models,
			creates,
		});
	}

	async #rendered(
		text: string,
		root: Node,
		{ read, mapping, final, records, kept, within }: Rendering,
	): Promise<string | undefined> {
		if (records.size === 0) return undefined;
		const id = await this.#options.pipelines.store(records, final);
		const renderers = holderRenderers(text, root, {
			id,
			...(within !== undefined && { within }),
		});
		const given = member(mapping, "_meta");
		if (mapping && kept.size > 0 && (read.fields.length > 0 || given)) {
			const meta = metaText(
				asObject(given && nodeValue(text, given)),
				{},
				kept,
			);
			const own = mappingRenderers(text, { mapping, ...read, meta });
			for (const [node, renderer] of own) renderers.set(node, renderer);
		}
		return renderTree(text, root, renderers);
	}
}

/** How a new index or a template is written. */
interface Rendering {
	read: ReadFields;
	mapping: Node | undefined;
	/** The final pipeline, as it is written or stored. */
	final: unknown;
	/** Of all fields that indices have by it. */
	records: SemanticRecords;
	/** Of those that its own mapping keeps. */
	kept: SemanticRecords;
	within?: string;
}

function recordsIn(parts: readonly MappedIndex[]): SemanticRecords {
	return new Map(
		parts.flatMap(({ mapping }) => [...readRecords(mapping._meta)]),
	);
}

/** Of what an index is made of, the last that names a final pipeline counts; one of the sidecar's stands for its client's. */
function finalOf(parts: readonly MappedIndex[]): string | undefined {
	return parts.findLast(({ final }) => namesFinal(final))?.final;
}

function namesFinal(final: string | undefined): boolean {
	return (
		final !== undefined &&
		(!isSemanticPipeline(final) || ownFinal(final) !== undefined)
	);
}
