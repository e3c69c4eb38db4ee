import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/**
 * Loads every table factory of a jar, and has each AWS client that its connectors make call an
 * address where nobody listens: what cannot be linked fails before, with an Error.
 *
 * <p>Arguments: "sdk:&lt;prefix of the SDK's package&gt;:&lt;service&gt;:&lt;client&gt;:&lt;method&gt;", or "iceberg".
 */
public class LinkedClients {
    private static final String NOWHERE = "http://127.0.0.1:1";

    public static void main(String[] arguments) throws Exception {
        System.setProperty("aws.accessKeyId", "x");
        System.setProperty("aws.secretAccessKey", "x");
        Class<?> factory = Class.forName("org.apache.flink.table.factories.Factory");
        for (Object each : ServiceLoader.load(factory)) {
            System.out.println("factory " + factory.getMethod("factoryIdentifier").invoke(each));
        }
        for (String argument : arguments) {
            String[] parts = argument.split(":");
            try {
                if (parts[0].equals("iceberg")) {
                    iceberg();
                } else {
                    client(parts[1], parts[2], parts[3], parts[4]);
                }
                throw new IllegalStateException(argument + " was answered");
            } catch (InvocationTargetException | ExecutionException called) {
                Throwable cause = called.getCause();
                if (!cause.getClass().getSimpleName().equals("SdkClientException")) {
                    throw new IllegalStateException(argument + " is not linked", cause);
                }
                System.out.println("called " + argument);
            }
        }
    }

    private static void client(String prefix, String service, String name, String method)
            throws Exception {
        String sdk = prefix + "software.amazon.awssdk.";
        Class<?> type = Class.forName(sdk + "services." + service + "." + name);
        Object builder = type.getMethod("builder").invoke(null);
        Class<?> region = Class.forName(sdk + "regions.Region");
        Class<?> aws = Class.forName(sdk + "awscore.client.builder.AwsClientBuilder");
        Class<?> core = Class.forName(sdk + "core.client.builder.SdkClientBuilder");
        aws.getMethod("region", region)
                .invoke(builder, region.getMethod("of", String.class).invoke(null, "us-east-1"));
        core.getMethod("endpointOverride", URI.class).invoke(builder, URI.create(NOWHERE));
        Object made = Class.forName(sdk + "utils.builder.SdkBuilder").getMethod("build").invoke(builder);
        ((Future<?>) type.getMethod(method).invoke(made)).get();
    }

    private static void iceberg() throws Exception {
        Class<?> type = Class.forName("org.apache.iceberg.aws.glue.GlueCatalog");
        Object catalog = type.getConstructor().newInstance();
        Map<String, String> properties =
                Map.of(
                        "warehouse", "s3://bucket/warehouse",
                        "client.region", "us-east-1",
                        "glue.endpoint", NOWHERE,
                        "s3.endpoint", NOWHERE,
                        "s3.path-style-access", "true");
        type.getMethod("initialize", String.class, Map.class).invoke(catalog, "c", properties);
        type.getMethod("listNamespaces").invoke(catalog);
    }
}
