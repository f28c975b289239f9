// Bodies on standard input, what the framework binds on standard output:
//
//     OPERATION LENGTH CONTENT-TYPE\n  body
//     bound|refused|failed|late LENGTH\n  what was bound, or why not
//
// An answer is given within the time limit: some bodies make the framework
// loop for ever.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Formatting;
using System.Text;
using System.Threading;

namespace Oracle {

class Errors : IFormatterLogger {
    public readonly List<string> Texts = new List<string>();

    public void LogError(string path, string message)
    {
        Texts.Add(path + ": " + message);
    }
}

class Frames {
    readonly Stream input = new BufferedStream(Console.OpenStandardInput());
    readonly Stream output = new BufferedStream(Console.OpenStandardOutput());
    readonly Thread worker = Thread.CurrentThread;
    readonly MediaTypeFormatterCollection formatters;
    readonly int limit;

    int call;
    int late;
    bool busy;

    public Frames(MediaTypeFormatterCollection formatters, int limit)
    {
        this.formatters = formatters;
        this.limit = limit;
        new Thread(Watch) { IsBackground = true }.Start();
    }

    // By time of the processor: on a busy machine, a call may take long that
    // is not one without end.

    void Watch()
    {
        var seen = 0;
        var since = TimeSpan.Zero;
        var process = Process.GetCurrentProcess();
        for (;;) {
            Thread.Sleep(50);
            process.Refresh();
            var now = process.TotalProcessorTime;
            lock (this) {
                if (!busy || seen != call) {
                    seen = call;
                    since = now;
                    late = 0;
                } else if ((now - since).TotalMilliseconds > limit) {
                    since = now;
                    if (late++ == 0) {
                        worker.Abort();
                    } else if (late == 20) {
                        Console.Error.WriteLine("a call cannot be ended");
                        Environment.Exit(1);
                    }
                }
            }
        }
    }

    public void Run()
    {
        string line;
        while ((line = Line()) != null) {
            var head = line.Split(new[] { ' ' }, 3);
            var body = new byte[int.Parse(head[1])];
            for (int n = 0; n < body.Length;) {
                n += input.Read(body, n, body.Length - n);
            }
            string status, text;
            Judge(head[0], head[2], body, out status, out text);
            var bytes = Encoding.UTF8.GetBytes(text);
            var answer = Encoding.ASCII.GetBytes(status + " " + bytes.Length
                                                 + "\n");
            output.Write(answer, 0, answer.Length);
            output.Write(bytes, 0, bytes.Length);
            output.Flush();
        }
    }

    string Line()
    {
        var line = new StringBuilder();
        for (int c; (c = input.ReadByte()) != '\n'; line.Append((char) c)) {
            if (c == -1) {
                return null;
            }
        }
        return line.ToString();
    }

    void Judge(string operation, string media, byte[] body, out string status,
        out string text)
    {
        try {
            lock (this) {
                call++;
                busy = true;
            }
            Bind(operation, media, body, out status, out text);
            lock (this) {
                busy = false;
            }
        } catch (ThreadAbortException) {
            Thread.ResetAbort();
            busy = false;
            status = "late";
            text = "";
        }
    }

    void Bind(string operation, string media, byte[] body, out string status,
        out string text)
    {
        var errors = new Errors();
        try {
            var content = new ByteArrayContent(body);
            content.Headers.TryAddWithoutValidation("Content-Type", media);
            var value = content.ReadAsAsync(Requests.Types[operation],
                                            formatters, errors).Result;
            status = errors.Texts.Count == 0 ? "bound" : "refused";
            text = errors.Texts.Count == 0 ? Bound.Text(value)
                                           : string.Join("\n", errors.Texts);
        } catch (ThreadAbortException) {
            throw;
        } catch (Exception e) {
            e = e is AggregateException ? e.InnerException : e;
            status = "failed";
            text = e.GetType().Name + ": " + e.Message;
        }
    }
}

}
