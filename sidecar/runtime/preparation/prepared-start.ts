import { lstat, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ModelSpec } from "../model-spec.ts";
import { alone, type Grouping } from "../process/grouping.ts";
import { formName } from "./environment.ts";
import {
	type FormWork,
	graphBytes,
	inFormRoom,
	placeForm,
	touchForm,
} from "./form-room.ts";
import { type GraphFile, graphName, weightsName } from "./graph-file.ts";
import { PreparedForm, writeGrouping } from "./prepared-form.ts";
import type { Preparation } from "./preparing.ts";
import { PreparationEnded, prepareApart } from "./preparing-process.ts";

/** What a model is started from, and what it may run together. */
export interface ModelStart {
	graph: GraphFile;
	grouping: Grouping;
}

export interface CheckedStart extends ModelStart {
	/** Whether the graph is what was written, once all of it has been read. */
	isIntact: () => Promise<boolean>;
}

/** Of a graph that is smaller nothing is kept but what was found out, bytes: it is loaded in no time. */
const worthKeeping = 1024 * 1024;

/** What has been prepared of a model for this kind of processor; undefined if that is not all that a start needs. */
export async function findStart(
	spec: ModelSpec,
): Promise<CheckedStart | undefined> {
	const folder = await folderOf(spec);
	const form = await PreparedForm.find(folder);
	const grouping = await form?.grouping(spec);
	if (form === undefined || grouping === undefined) return undefined;
	await touchForm(folder);
	return { graph: form.graph, grouping, isIntact: () => form.isIntact() };
}

/**
 * Prepares a model, or what is missing of that. Throws SidecarError where there is no room for it, what keeps the model
 * from running, and the system's errors.
 */
export async function prepareStart(
	spec: ModelSpec,
	preparation: NonNullable<ModelSpec["preparation"]>,
): Promise<CheckedStart> {
	const folder = await folderOf(spec);
	const form = await PreparedForm.find(folder);
	if (form !== undefined) await completeForm({ folder, form, spec });
	else
		await inFormRoom(spec, preparation, (work) =>
			prepareInto(folder, spec, work),
		);
	const start = await findStart(spec);
	if (start === undefined)
		throw new Error("what was prepared of the model is not there any more");
	return start;
}

async function folderOf({ modelPath }: ModelSpec): Promise<string> {
	return join(dirname(modelPath), "prepared", await formName(modelPath));
}

/** Prepares a model beside its place, and moves what has come of it there when it is complete. */
async function prepareInto(
	folder: string,
	spec: ModelSpec,
	{ folder: work, bytes }: FormWork,
): Promise<void> {
	const form = join(work, "form");
	await mkdir(form);
	const isLarge = (await graphBytes(dirname(spec.modelPath))) >= worthKeeping;
	const { fault, grouping } = await preparationOf({
		spec,
		graph: { form: "original", ...(isLarge && { keepIn: form }) },
	});
	const whyNot = isLarge
		? (fault ?? (await tooLarge(form, bytes)))
		: `it has less than ${worthKeeping} bytes`;
	if (isLarge && whyNot !== undefined)
		console.error(`the graph is read as it came: ${whyNot}`);
	await PreparedForm.write(form, whyNot);
	await writeGrouping(form, spec, grouping);
	await placeForm(form, folder);
}

/** A form that was made for a model that is run in another way lacks what this one may run together. */
async function completeForm({
	folder,
	form,
	spec,
}: {
	folder: string;
	form: PreparedForm;
	spec: ModelSpec;
}): Promise<void> {
	if ((await form.grouping(spec)) !== undefined) return;
	// Nothing is found out about a damaged one, which is noticed later.
	const { grouping } = (await form.isIntact())
		? await preparationOf({ spec, graph: form.graph })
		: { grouping: alone };
	await writeGrouping(folder, spec, grouping);
}

/** What a model does not survive is not tried at each start. */
async function preparationOf(
	request: Parameters<typeof prepareApart>[0],
): Promise<Preparation> {
	try {
		return await prepareApart(request);
	} catch (error) {
		if (!(error instanceof PreparationEnded)) throw error;
		return { fault: error.message, grouping: alone };
	}
}

async function tooLarge(
	form: string,
	bytes: number,
): Promise<string | undefined> {
	const sizes = await Promise.all(
		[graphName, weightsName].map(async (name) => {
			const found = await lstat(join(form, name)).catch(() => undefined);
			return found?.size ?? 0;
		}),
	);
	const size = sizes.reduce((sum, one) => sum + one, 0);
	return size > bytes
		? `what is prepared of it has ${size} bytes, more than ${bytes}`
		: undefined;
}
