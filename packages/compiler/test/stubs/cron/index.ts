export declare class CronJob {
  constructor(
    id: string,
    options: {
      every?: string | number;
      schedule?: string;
      timeZone?: string;
      endpoint?: unknown;
      handler?: unknown;
    },
  );
}
