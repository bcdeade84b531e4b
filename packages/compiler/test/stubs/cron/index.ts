export declare class CronJob {
  constructor(id: string, options: { every?: string; endpoint?: unknown });
}
