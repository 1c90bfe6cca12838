import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { TaskService } from "../services/tasks.ts";

const ById = Type.Object({ task_id: Type.String() });

/** `/_plugins/_ml/tasks/{task_id}` */
export function taskRoutes(tasks: TaskService): FastifyPluginAsyncTypebox {
	return async (app) => {
		app.get(
			"/_plugins/_ml/tasks/:task_id",
			{ schema: { params: ById } },
			({ params }) => tasks.get(params.task_id),
		);
		app.delete(
			"/_plugins/_ml/tasks/:task_id",
			{ schema: { params: ById } },
			({ params }) => tasks.delete(params.task_id),
		);
	};
}
