import { createReadStream } from "node:fs";
import type { Logger } from "pino";
import { ulid } from "ulid";
import type { RegisterRequest } from "../../schemas/register.ts";
import type { StoredTask } from "../../schemas/task.ts";
import { SidecarError } from "../errors.ts";
import { inspectArchive } from "../runtime/archive.ts";
import type { ArchiveLimits } from "../runtime/archive-plan.ts";
import type { ModelCache } from "../runtime/model-cache.ts";
import type { TaskStore } from "../store/tasks.ts";
import type { Activity, Counted } from "./activity.ts";
import type { ArchiveSource } from "./archive-source.ts";
import { requireLocalModels } from "./deployments.ts";
import type { DiskBreaker } from "./disk-breaker.ts";
import type { ModelImport } from "./model-import.ts";
import {
	type ModelOrder,
	type RegisterSettings,
	readRegisterRequest,
} from "./register-request.ts";
import { untilDone } from "./retrying.ts";
import type { WorkFolder } from "./work-folder.ts";

export interface UrlRegistrationOptions {
	tasks: TaskStore;
	source: ArchiveSource;
	imports: ModelImport;
	cache: ModelCache;
	/** Starts a deployment. */
	deploy: (modelId: string) => Promise<unknown>;
	settings: () => RegisterSettings;
	/** This sidecar's id. */
	nodeId: () => string;
	workFolder: WorkFolder;
	archiveLimits: ArchiveLimits;
	breaker: DiskBreaker;
	activity: Activity;
	logger: Logger;
}

/** A registration that is being carried out. */
interface Registration {
	taskId: string;
	order: ModelOrder;
	deploy: boolean;
}

/**
 * Registers models that the sidecar fetches by itself. A task tells how it goes; a registration that fails leaves
 * nothing but that task, be it that the sidecar is killed: the janitor then clears the rest away.
 */
export class UrlRegistration {
	readonly #options: UrlRegistrationOptions;
	readonly #running = new Set<Promise<void>>();
	/** The tasks under way in this process. */
	readonly #tasks = new Set<string>();
	readonly #stopping = new AbortController();

	constructor(options: UrlRegistrationOptions) {
		this.#options = options;
	}

	/**
	 * Starts to register a model.
	 *
	 * @param deploy whether it is to be deployed as well, as soon as it is registered
	 * @returns the task that tells how it goes: CREATED until its end, as clients take any other state for the end
	 * @throws SidecarError bad_request, bad_fields, bad_definition; bad_state where there may be no models;
	 * circuit_open for a full disk
	 */
	async register(
		request: RegisterRequest | null | undefined,
		{ deploy }: { deploy: boolean },
	): Promise<string> {
		if (!request)
			throw new SidecarError("bad_definition", "request body is required");
		const settings = this.#options.settings();
		const order = readRegisterRequest(request, settings);
		requireLocalModels(settings);
		const { breaker, activity } = this.#options;
		await breaker.check();
		activity.begin(countedFor(order));
		const taskId = ulid().toLowerCase();
		const registration = { taskId, order, deploy };
		if (this.#tasks.size >= settings.maxTasks) {
			await this.#createTask(registration, {
				state: "FAILED",
				error: "exceed max running task limit",
			});
			return taskId;
		}
		// Before it is stored: whoever sees it asks here whether it goes on.
		this.#tasks.add(taskId);
		try {
			await this.#createTask(registration, { state: "CREATED" });
		} catch (error) {
			this.#tasks.delete(taskId);
			throw error;
		}
		const work = this.#carryOut(registration).finally(() => {
			this.#tasks.delete(taskId);
			this.#running.delete(work);
		});
		this.#running.add(work);
		return taskId;
	}

	/** Whether a task is one of those that this process will end. */
	isRunning(taskId: string): boolean {
		return this.#tasks.has(taskId);
	}

	/** Ends every registration that is under way; each is a failure, and leaves nothing. */
	async close(): Promise<void> {
		this.#stopping.abort(
			new SidecarError("upstream_unavailable", "the sidecar was stopped"),
		);
		await Promise.all(this.#running);
	}

	/** Never rejects: what happens is in the task, and in the log. */
	async #carryOut(registration: Registration): Promise<void> {
		const { tasks, logger, deploy } = this.#options;
		const { taskId, order } = registration;
		const log = logger.child({ taskId, name: order.name });
		const end = await this.#outcome(registration, log);
		try {
			// While it runs, no janitor gives the task an end of its own.
			await untilDone(
				this.#stopping.signal,
				() => tasks.update(taskId, end),
				(error) => log.warn({ err: error }, "a task's end was not stored yet"),
			);
			if (registration.deploy && end.model_id !== undefined)
				await deploy(end.model_id);
		} catch (error) {
			log.error({ err: error, end }, "what follows a registration failed");
		}
	}

	async #outcome(
		registration: Registration,
		log: Logger,
	): Promise<Partial<StoredTask>> {
		try {
			const modelId = await this.#options.workFolder.use((folder) =>
				this.#fetchAndStore(registration, folder),
			);
			log.info({ modelId }, "model registered");
			return { state: "COMPLETED", model_id: modelId };
		} catch (error) {
			log.error({ err: error }, "a registration failed");
			this.#options.activity.fail(countedFor(registration.order));
			return { state: "FAILED", error: reasonOf(error) };
		}
	}

	async #fetchAndStore(
		{ taskId, order, deploy }: Registration,
		folder: string,
	): Promise<string> {
		const { tasks, source, imports, archiveLimits, cache, logger } =
			this.#options;
		const { signal } = this.#stopping;
		const archive = await source.fetch(order, { folder, signal });
		await inspectArchive(archive.path, {
			...archiveLimits,
			withoutGraph: archive.functionName === "SPARSE_TOKENIZE",
		});
		const modelId = await imports.store(order, archive, {
			signal,
			announce: (model_id) =>
				tasks.change(taskId, (task) => ({
					...task,
					sidecar: { ...task.sidecar, model_id },
				})),
		});
		if (deploy)
			// The deployment need not fetch what is here. Where this fails it does, and says why it fails as well.
			await cache
				.ensure({ ...archive, open: () => createReadStream(archive.path) })
				.catch((error: unknown) =>
					logger.warn({ err: error, modelId }, "an archive was not unpacked"),
				);
		return modelId;
	}

	async #createTask(
		{ taskId, order, deploy }: Registration,
		state: Pick<StoredTask, "state" | "error">,
	): Promise<void> {
		const { tasks, nodeId } = this.#options;
		const now = Date.now();
		await tasks.create(taskId, {
			task_type: "REGISTER_MODEL",
			function_name: order.functionName,
			worker_node: [nodeId()],
			create_time: now,
			last_update_time: now,
			is_async: true,
			...state,
			sidecar: { coordinator: nodeId(), ...(deploy && { deploy }) },
		});
	}
}

/** The system's errors tell of this machine's folders: they are for its log. */
function countedFor({ functionName: algorithm }: ModelOrder): Counted {
	return { action: "register", algorithm };
}

function reasonOf(error: unknown): string {
	return error instanceof SidecarError
		? error.message
		: "internal error: the sidecar's log has the details";
}
